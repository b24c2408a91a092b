"""Define ``fer-utils data``."""

import fer_utils  # imports pandas once it is needed, not for --help
from fer_utils import paths
from fer_utils.cli.options import ANY_SOURCE, FaceSource
from fer_utils.data.faces import SPLITS
from fer_utils.data.ferplus import download_votes


def data_command(*, faces: FaceSource = ANY_SOURCE, get_votes: bool = False) -> None:
    """Show what would be loaded: counts and audit.

    For example:

        fer-utils data
        fer-utils data --source data/raw/fer2013.csv
        fer-utils data --get-votes

    Parameters
    ----------
    faces : FaceSource
        What to load.
    get_votes : bool
        First download FER+'s votes on the faces of FER-2013 to data/raw (1.6 MB).
    """
    audit, clean = fer_utils.audit, fer_utils.clean  # fails here if pandas is missing
    if get_votes:
        path = download_votes(paths.RAW_DATA)
        print(f"{paths.display_path(path)}: the votes of ten people on each face of FER-2013\n")
    loaded = faces.load()
    findings = audit(loaded)
    print(loaded.provenance.describe())
    print(f"\n{loaded.counts().to_string()}\n\n{findings.table().to_string()}\n")
    print(
        f"{findings.duplicate_groups} images occur more than once ({findings.surplus_copies} "
        f"surplus copies), {findings.conflicting_groups} of them with conflicting labels"
    )
    for warning in findings.warnings:
        print(f"warning: {warning}")
    counts = clean(loaded, findings).counts()
    print("after cleaning: " + ", ".join(f"{counts[split].sum()} {split}" for split in SPLITS))
