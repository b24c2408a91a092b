"""Define ``fer-utils data``."""

from fer_utils.data.audit import audit, clean
from fer_utils.data.bad_items import OnError
from fer_utils.data.faces import SPLITS
from fer_utils.data.sources import load_faces


def data_command(*, source: str = "auto", on_error: OnError = "raise") -> None:
    """Show what would be loaded: counts and audit.

    For example:

        fer-utils data
        fer-utils data --source data/raw/fer2013.csv

    Parameters
    ----------
    source : str
        Where the faces come from: auto, synthetic, kaggle, fer2013, ckplus, a .csv, .zip, or
        folder, or several joined by " + ".
    on_error : {"raise", "skip"}
        Stop at a bad row or file, or leave it out and report it.
    """
    faces = load_faces(source, on_error=on_error)
    findings = audit(faces)
    print(faces.provenance.describe())
    print(f"\n{faces.counts().to_string()}\n\n{findings.table().to_string()}\n")
    print(
        f"{findings.duplicate_groups} images occur more than once ({findings.surplus_copies} "
        f"surplus copies), {findings.conflicting_groups} of them with conflicting labels"
    )
    for warning in findings.warnings:
        print(f"warning: {warning}")
    counts = clean(faces, findings).counts()
    print("after cleaning: " + ", ".join(f"{counts[split].sum()} {split}" for split in SPLITS))
