"""`python -m composer`: the same as the command `compose`."""

from __future__ import annotations

try:
    from composer.cli.main import main
except ModuleNotFoundError as error:
    # In the root of a checkout, `composer` is found in the current folder, without its command line, unless the
    # checkout itself was installed with `pip install --editable .`.
    if error.name != "composer.cli":
        raise
    raise SystemExit(
        "error: this folder's source of Ritornello is in the way of the installed one\n"
        "hint: run `compose`, or go to another folder, or `pip install --editable .` here"
    ) from None

if __name__ == "__main__":
    main()
