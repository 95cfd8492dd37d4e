"""The command line: click commands, a file each; thin: parse, call, print."""
