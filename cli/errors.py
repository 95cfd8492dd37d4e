"""From an exception to lines on stderr and an exit code.

0 all is well; 1 our own failure; 2 something the user can mend; 130 stopped by Ctrl-C. A traceback is shown only with
`--debug`.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sys
import traceback
from collections.abc import Iterator, Sequence

import click

import composer
from composer.errors import ComposerError, printable

ISSUES = "https://github.com/ritornello-music/ritornello/issues"
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS)  # whatever was written: output sent to a full disk
STOPPED = 130  # as a shell counts a process that Ctrl-C ended: 128 + SIGINT


@contextlib.contextmanager
def ending_in_words(args: Sequence[str] | None) -> Iterator[None]:
    """Turn what the block raises into `error: …` lines on stderr and `SystemExit` with the right code.

    Args:
        args: the command line, looked at only for `--debug` (so that it works for mistakes in the line itself too);
            None means the process's own.
    """
    debug = "--debug" in (sys.argv[1:] if args is None else args)
    try:
        yield
    except click.exceptions.Exit as leaving:
        raise SystemExit(leaving.exit_code) from None
    except (click.Abort, KeyboardInterrupt):
        _end(["stopped"], STOPPED)
    except click.ClickException as mistake:
        _end([f"error: {mistake.format_message()}", *_hint(mistake)], mistake.exit_code)
    except ComposerError as error:
        if debug:
            traceback.print_exc()
        _end([f"error: {problem}" for problem in error.problems], error.exit_code)
    except OSError as error:
        if error.errno == errno.EPIPE:  # the reader of our output went away: `compose forms | head -1`
            _leave_broken_pipe()
        if error.errno in _NO_ROOM:
            _give_up_stdout()
            where = printable(f"{error.filename}: ") if error.filename else ""
            _end([f"error: {where}cannot write: {error.strerror}"], 2)
        _fault(error, debug=debug)
    except Exception as error:  # the last resort of a program: nothing of ours may end in a traceback
        _fault(error, debug=debug)


def _hint(mistake: click.ClickException) -> list[str]:
    ctx = getattr(mistake, "ctx", None)
    return [f"hint: {ctx.command_path} --help"] if ctx is not None else []


def _fault(error: Exception, *, debug: bool) -> None:
    if debug:
        traceback.print_exc()
    what = printable(f"{type(error).__name__}: {error}").replace("\n", " ")
    how = "with the lines above" if debug else "with what it prints under --debug"
    _end(
        [
            f"error: a fault in Ritornello {composer.__version__} ({what})",
            f"hint: please report it {how}: {ISSUES}",
        ],
        1,
    )


def _end(lines: Sequence[str], exit_code: int) -> None:
    for line in lines:
        click.echo(line, err=True)
    raise SystemExit(exit_code) from None


def _leave_broken_pipe() -> None:
    _give_up_stdout()
    raise SystemExit(1) from None


def _give_up_stdout() -> None:
    # Python flushes stdout once more at exit, which would fail again with a message: give it a place to go.
    with contextlib.suppress(OSError, ValueError):  # no true file, as under a test
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
