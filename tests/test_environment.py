import itertools
import re
import tomllib

from fer_utils.paths import PROJECT_ROOT


def text_of(name: str) -> str:
    return (PROJECT_ROOT / name).read_text(encoding="utf-8")


def test_conda_and_make_install_the_same_package_with_the_same_lock() -> None:
    makefile = text_of("Makefile")
    lock = re.search(r"-c (\S+)", makefile)
    package = re.search(r"/\.ready:.*?-e '(\S+)'", makefile, re.DOTALL)
    lines = text_of("environment.yml").split("- pip:")[1].split("- ")
    conda = [line.strip() for line in lines if line.strip()]
    assert lock is not None
    assert package is not None
    assert conda == [f"-c {lock[1]}", f"-e {package[1]}"]


def test_a_run_installs_no_test_tools() -> None:
    extras = tomllib.loads(text_of("pyproject.toml"))["project"]["optional-dependencies"]
    own = {requirement for requirement in extras["test"] if "fer-utils" not in requirement}
    assert "fer-utils[app]" in extras["train"]
    assert not own & {*extras["train"], *extras["app"]}


def test_conda_takes_a_python_that_the_package_allows() -> None:
    project = tomllib.loads(text_of("pyproject.toml"))["project"]
    assert project["requires-python"].startswith(">=3.11")
    assert "- python=3.11" in text_of("environment.yml")


def test_the_lock_of_the_page_names_no_host() -> None:
    assert "resolved" not in text_of("fer_utils/web/package-lock.json")


def test_the_lock_pins_every_dependency_and_names_no_host() -> None:
    project = tomllib.loads(text_of("pyproject.toml"))["project"]
    extras = project["optional-dependencies"]
    wanted = [*project["dependencies"], *itertools.chain(*extras.values())]
    lock = text_of("requirements.lock")
    pinned = {line.split("==")[0] for line in lock.splitlines()}
    for requirement in wanted:
        name = re.split(r"[<>=\[;]", requirement)[0]
        assert name in {*pinned, "fer-utils"}
    assert "://" not in lock
    assert "--hash" not in lock
