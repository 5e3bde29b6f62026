"""Messages name parameters in the library and options on the command line."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any

import pytest
import typer

import regtrack
from regtrack.cli import main
from regtrack.cli.app import app
from regtrack.cli.wording import in_options

ROOT = Path(__file__).parents[2]
LIBRARY = sorted(
    path
    for folder in ("regtrack", "app")
    for path in (ROOT / folder).rglob("*.py")
    if not path.is_relative_to(ROOT / "regtrack" / "cli")
)


OPTIONS = {
    option
    for command in typer.main.get_command(app).commands.values()
    for parameter in command.params
    for option in (*parameter.opts, *parameter.secondary_opts)
}  # other names begin so too, such as the variables of a style sheet


def parameters_of(function: Any) -> dict[str, Any]:
    """The parameters of a function as a command of its own."""
    small = typer.Typer()
    small.command()(function)
    return {one.name: one for one in typer.main.get_command(small).params}


def command(
    checkpoint: Path,
    files: Annotated[list[Path], typer.Argument(metavar="FILE...")],
    *,
    batch_size: str = "auto",
    any_assembly: Annotated[bool, typer.Option("--any-assembly", "-a")] = False,
    compiling: Annotated[str, typer.Option("--compile", "-c")] = "auto",
    turned: Annotated[bool, typer.Option("--turned/--no-turned")] = True,
) -> None: ...


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("choose a smaller `batch_size`.", "choose a smaller --batch-size."),
        ("pass `any_assembly=True`", "pass --any-assembly"),
        ("leave `compiling='auto'`", "leave --compile auto"),
        ('pass `compiling="off"`', "pass --compile off"),
        ("or `batch_size=8` for 8", "or --batch-size 8 for 8"),
        ("pass `turned=False`", "pass --no-turned"),
        ("`turned` and `compiling`", "--turned and --compile"),
        ("name the `checkpoint` and `files`", "name the checkpoint and files"),
        # nothing of the command's: it stays, as does what it has no word for
        ("another `region`, `*CTCF*` or `x=1`", "another `region`, `*CTCF*` or `x=1`"),
        ("pass `any_assembly=False`", "pass `any_assembly=False`"),
        ("batch_size", "batch_size"),
    ],
)
def test_a_parameter_becomes_its_option(message: str, shown: str) -> None:
    assert in_options(message, parameters_of(command)) == shown


def run(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr("sys.argv", ["regtrack", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("simulate --out made", "choose another output, or pass --overwrite to replace it"),
        ("build-dataset --reference r.fa --markers m.tsv --out d", "their folder with --peaks-f"),
        (
            "build-dataset --reference r.fa --markers n.tsv --out d --window 70",
            "choose a smaller --window, or raise --max-n or --max-multimap",
        ),
        (
            "saliency c.safetensors --marker x --out f.png",
            "no sequence to read: name a --reference or a --da",
        ),
        ("receptive-field c --dataset d --out there.png", "pass --overwrite"),
    ],
)
def test_a_command_answers_with_its_options(
    words: str,
    shown: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("made").mkdir()
    for file in ("there.png", "made/truth.bed"):
        Path(file).touch()
    Path("r.fa").write_text(">chr1\n" + "ACGT" * 15 + "\n")
    Path("here.bed").write_text("chr1\t1\t2\n")
    for table, file in (("m.tsv", "lacking.bed"), ("n.tsv", "here.bed")):
        Path(table).write_text(f"file\tcategory\tcell\ttarget\n{file}\tTF\tK562\tCTCF\n")
    assert run(monkeypatch, *words.split()) == 2
    error = capsys.readouterr().err
    assert shown in error
    assert "`" not in error


OPTION = re.compile(r"(?<![\w-])--[a-z][\w-]*")


def strings(nodes: Iterable[ast.AST]) -> Iterator[ast.Constant]:
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node


def test_the_library_names_no_option() -> None:
    assert len(LIBRARY) > 400
    found = [
        f"{path}:{node.lineno} names {option}, not its parameter"
        for path in LIBRARY
        if OPTION.search(text := path.read_text())
        for node in strings(ast.walk(ast.parse(text)))
        for option in OPTIONS & set(OPTION.findall(node.value))
    ]
    assert not found


def called(call: ast.Call) -> str:
    """The name of what is called, with its module or object if that has a name."""
    match call.func:
        case ast.Name(name):
            return name
        case ast.Attribute(ast.Name(owner), name):
            return f"{owner}.{name}"
    return ""


def said(nodes: list[ast.AST]) -> Iterator[ast.Constant]:
    """What errors and notes say."""
    for node in nodes:
        is_note = isinstance(node, ast.Call) and called(node).startswith("_log.")
        if isinstance(node, ast.Raise) or is_note:
            yield from strings(ast.walk(node))


def test_what_messages_name_are_parameters() -> None:
    """A misspelt name would reach the terminal unchanged."""
    commands: Any = typer.main.get_command(app)
    known = {one.name for command in commands.commands.values() for one in command.params}
    for name in regtrack.__all__:
        if callable(value := getattr(regtrack, name)) and name != "RegtrackError":
            known |= inspect.signature(value).parameters.keys()
    named, bare = {}, {}
    for path in LIBRARY:
        nodes = list(ast.walk(ast.parse(path.read_text())))
        invalid: set[ast.Constant] = {
            node.args[0]
            for node in nodes
            if isinstance(node, ast.Call)
            and called(node) == "invalid"
            and isinstance(node.args[0], ast.Constant)
        }  # puts the backticks itself
        own = {node.arg for node in nodes if isinstance(node, ast.arg)}
        named |= {str(one.value): f"{path}:{one.lineno}" for one in invalid if one.value not in own}
        for node in said(nodes):
            if node in invalid:
                continue
            for name in re.findall(r"`([a-z]\w*)(?:=[^`]+)?`", node.value):
                named[name] = f"{path}:{node.lineno}"
            for name in re.findall(r"(?<![`\w.{/])([a-z]+_[a-z_]+)\b(?!`)", node.value):
                bare[name] = f"{path}:{node.lineno}"
    assert {"batch_size", "overwrite"} <= named.keys()
    assert not {place for name, place in named.items() if name not in known}
    assert not {place for name, place in bare.items() if name in known}, "without backticks"
