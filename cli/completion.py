"""`compose completion`: the script with which a shell completes what is typed after `compose`.

It is click's own mechanism. What the shells run is ours where click's would spoil a mix of styles
(`bach:0.7,joplin:0.3`): bash takes a word apart at each colon, and for fish click cuts an answer at its first comma.
"""

from __future__ import annotations

import os
from typing import ClassVar

import click
from click.shell_completion import (
    BashComplete,
    CompletionItem,
    FishComplete,
    add_completion_class,
    get_completion_class,
    split_arg_string,
)

from .completing import PROGRAM, VARIABLE
from .options import common_options

SHELLS = ("bash", "zsh", "fish")

_BASH = """\
%(complete_func)s() {
    local IFS=$'\\n' response completion type value
    response=$(env COMP_LINE="${COMP_LINE:0:COMP_POINT}" COMP_WORD="${COMP_WORDS[COMP_CWORD]}" \\
        %(complete_var)s=bash_complete "$1")
    COMPREPLY=()
    for completion in $response; do
        IFS=',' read -r type value <<< "$completion"
        if [[ $type == dir ]]; then
            compopt -o dirnames
        elif [[ $type == file ]]; then
            compopt -o default
        else
            COMPREPLY+=("$value")
            [[ $value == *: ]] && compopt -o nospace
        fi
    done
    return 0
}

complete -o nosort -F %(complete_func)s %(prog_name)s
"""


_FISH = """\
function %(complete_func)s
    set -l typed COMP_WORDS=(commandline -cp) COMP_CWORD=(commandline -t)
    set -l response (env %(complete_var)s=fish_complete $typed %(prog_name)s)
    for completion in $response
        set -l answer (string split --max 1 "," -- $completion)
        if test $answer[1] = dir
            __fish_complete_directories $answer[2]
        else if test $answer[1] = file
            __fish_complete_path $answer[2]
        else
            echo $answer[2]
        end
    end
end

complete --no-files --command %(prog_name)s --arguments "(%(complete_func)s)"
"""

EPILOG = """\b
echo 'eval "$(compose completion bash)"' >> ~/.bashrc
echo 'eval "$(compose completion zsh)"' >> ~/.zshrc
compose completion fish > ~/.config/fish/completions/compose.fish"""


@add_completion_class
class WholeWords(BashComplete):
    """Completion for bash that sees a word with colons whole, and answers with the part that bash asked for."""

    source_template: ClassVar[str] = _BASH
    before = ""  # what bash holds for another word, before the one it asked for

    def get_completion_args(self) -> tuple[list[str], str]:
        """Return the words before the one to complete, and that one."""
        line = os.environ["COMP_LINE"]
        words = split_arg_string(line)
        incomplete = words.pop() if words and not line[-1].isspace() else ""
        value = incomplete.partition("=")[2] if incomplete.startswith("--") else incomplete
        asked = os.environ.get("COMP_WORD", "").lstrip("\"'")
        asked = "" if asked in (":", "=") else asked
        self.before = value[: len(value) - len(asked)] if value.endswith(asked) else ""
        return words[1:], incomplete

    def format_completion(self, item: CompletionItem) -> str:
        """Return an answer as the script reads it."""
        return f"{item.type},{str(item.value).removeprefix(self.before)}"


@add_completion_class
class WholeAnswers(FishComplete):
    """Completion for fish in which an answer may have commas."""

    source_template: ClassVar[str] = _FISH


@click.command("completion", short_help="Print what lets the shell complete names with Tab.", epilog=EPILOG)
@click.argument("shell", type=click.Choice(SHELLS))
@common_options
@click.pass_context
def command(ctx: click.Context, shell: str) -> None:
    """Print what SHELL reads so that Tab completes commands, options, and the names of forms, styles, ensembles and
    players, and what `-o` may end in.
    """
    kind = get_completion_class(shell)
    assert kind is not None  # click knows all of `SHELLS`
    click.echo(kind(ctx.find_root().command, {}, PROGRAM, VARIABLE).source())
