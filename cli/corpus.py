"""`compose corpus`: what is in a folder of scores."""

from __future__ import annotations

from pathlib import Path

import click

from .options import WholeNumber, common_options, is_quiet


@click.command("corpus", short_help="Survey a folder of scores: what was read, and what was not.")
@click.argument("folder", metavar="FOLDER", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="The manifest: a line of JSON for each file. Without it: FOLDER's name with .manifest.jsonl, here, "
    "unless this is in FOLDER.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the totals as JSON.")
@click.option("--list", "as_list", is_flag=True, help="Print a line for each file, before the totals.")
@click.option("--workers", type=WholeNumber(min=1), metavar="N", help="Files read at once. Without it: one a core.")
@common_options
def command(*, folder: Path, output: Path | None, as_json: bool, as_list: bool, workers: int | None) -> None:
    """Read every score below FOLDER and say what is there: pieces, bars, notes, meters, keys, duplicates, licences.

    One bad file never stops the others; what was left out or mended is told, file by file, in the manifest. FOLDER
    itself is never written to.
    """
    from composer.analysis.manifest import manifest_of
    from composer.analysis.survey import survey_folder
    from composer.analysis.survey_totals import totals_of
    from composer.errors import MusicFileError
    from composer.files import check_writable, write_atomic

    from .corpus_rows import count_of, file_lines, left_out_lines, totals_json, totals_rows
    from .progress import progress_bar
    from .summary import listed, print_rows, print_warnings

    manifest = output or _default_manifest(folder)
    if manifest is not None:
        check_writable(manifest)
    with progress_bar() as on_progress:
        survey = survey_folder(folder, workers=workers, on_progress=on_progress)
    totals = totals_of(survey)
    if manifest is not None:
        write_atomic(manifest, manifest_of(survey))
    if not totals.usable_files:
        first = survey.files[0].error
        raise MusicFileError(
            "none of its scores could be read", place=str(folder), mend=f"{count_of(totals.files, 'file')}; {first}"
        )
    print_warnings(left_out_lines(survey))
    if as_list and not is_quiet():
        for line in file_lines(survey):
            click.echo(line)
    if as_json:
        click.echo(totals_json(totals))
        return
    where = [str(manifest)] if manifest else ["no manifest was written: this is inside FOLDER; name one with -o"]
    print_rows([*totals_rows(totals), *listed("manifest", where)])


def _default_manifest(folder: Path) -> Path | None:
    """Return where the manifest goes; None where that would be inside the folder, or there is no such folder."""
    try:
        root, here = folder.resolve(strict=True), Path().resolve()
    except (OSError, RuntimeError):  # the survey will say so
        return None
    return None if here.is_relative_to(root) else Path(f"{root.name or 'corpus'}.manifest.jsonl")
