import re
import tomllib

from fer_utils.paths import PROJECT_ROOT


def text_of(name: str) -> str:
    return (PROJECT_ROOT / name).read_text()


def test_conda_and_make_install_the_same_package_with_the_same_lock() -> None:
    made = re.search(r"pip install .*? -c (\S+) -e '(\S+)'", text_of("Makefile"))
    lines = text_of("environment.yml").split("- pip:")[1].split("- ")
    conda = [line.strip() for line in lines if line.strip()]
    assert made is not None
    assert conda == [f"-c {made[1]}", f"-e {made[2]}"]


def test_conda_takes_a_python_that_the_package_allows() -> None:
    project = tomllib.loads(text_of("pyproject.toml"))["project"]
    assert project["requires-python"].startswith(">=3.11")
    assert "- python=3.11" in text_of("environment.yml")


def test_the_lock_pins_every_dependency_and_names_no_host() -> None:
    project = tomllib.loads(text_of("pyproject.toml"))["project"]
    extras = project["optional-dependencies"]
    wanted = [*project["dependencies"], *extras["kaggle"], *extras["test"]]
    lock = text_of("requirements.lock")
    pinned = {line.split("==")[0] for line in lock.splitlines()}
    for requirement in wanted:
        assert re.split(r"[<>=]", requirement)[0] in pinned
    assert "://" not in lock
    assert "--hash" not in lock
