"""Docstrings of functions of arrays and tensors give shapes, and dtypes or units."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = {"regtrack": ROOT / "regtrack", "regtrack_app": ROOT / "app/regtrack_app"}
MODULES = {
    ".".join([name, *path.relative_to(folder).with_suffix("").parts]).removesuffix(
        ".__init__"
    ): path
    for name, folder in PACKAGES.items()
    for path in sorted(folder.rglob("*.py"))
}

# NumPy's and torch's own array types; all others are aliases or unions of these
ARRAYS = {"numpy.typing.NDArray", "numpy.ndarray", "torch.Tensor"}

# (B, L), (n,), (len(self), 5), (end - start,): terms in parentheses, separated by commas
SHAPE = re.compile(r"\((?:\w[\w' ()+*/-]*,)(?: [\w' ()+*/-]+,?)*\)|\b(?:any shape|scalars?)\b")
DTYPE_OR_UNIT = re.compile(
    r"\b(u?int(8|16|32|64)|b?float(16|32|64)|bool|floats?|integers?|dtype|bp|kb)\b", re.IGNORECASE
)


@cache
def tree(module: str) -> ast.Module:
    return ast.parse(MODULES[module].read_text(encoding="utf-8"))


@cache
def names(module: str) -> dict[str, tuple[str, ast.expr | None]]:
    """What names of a module stand for: a dotted name, or the expression that they alias."""
    found: dict[str, tuple[str, ast.expr | None]] = {}
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                found[alias.asname or alias.name] = (alias.name, None)
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                found[alias.asname or alias.name] = (f"{node.module}.{alias.name}", None)
    for node in tree(module).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            found[node.targets[0].id] = ("", node.value)
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            found[node.target.id] = ("", node.value)
    return found


def is_array(module: str, annotation: ast.AST) -> bool:
    """Whether an annotation holds an array type, aliases followed through modules."""
    return any(dotted in ARRAYS for dotted in mentioned(module, annotation))


def mentioned(module: str, node: ast.AST) -> Iterator[str]:
    """The dotted names in an annotation, with aliases replaced by what they stand for."""
    if isinstance(node, ast.Attribute | ast.Name):
        yield from meaning(module, ast.unparse(node))
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        with suppress(SyntaxError):  # in Annotated, a string may be a help text
            yield from mentioned(module, ast.parse(node.value, mode="eval").body)
    elif not isinstance(node, ast.Call):
        for child in ast.iter_child_nodes(node):
            yield from mentioned(module, child)


def meaning(module: str, dotted: str) -> Iterator[str]:
    head, _, rest = dotted.partition(".")
    if head not in names(module):
        yield dotted
        return
    target, value = names(module)[head]
    if value is not None:
        yield from mentioned(module, value)
        return
    full = f"{target}.{rest}".rstrip(".")
    home, _, name = full.rpartition(".")
    if home in MODULES and name in names(home):
        yield from meaning(home, name)
    else:
        yield full


def functions(module: str) -> Iterator[tuple[str, ast.FunctionDef, str]]:
    """The public functions and methods of a module, each with its docstring and its class's."""
    for node in tree(module).body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            yield node.name, node, ast.get_docstring(node) or ""
        elif isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            about = ast.get_docstring(node) or ""
            for method in node.body:
                if isinstance(method, ast.FunctionDef) and not method.name.startswith("_"):
                    own = ast.get_docstring(method)
                    if own or not overrides(method):
                        yield f"{node.name}.{method.name}", method, f"{own}\n{about}"


def overrides(method: ast.FunctionDef) -> bool:
    """Whether a method is marked as one that a base class documents."""
    return any(ast.unparse(decorator) == "override" for decorator in method.decorator_list)


def takes_arrays(module: str, function: ast.FunctionDef) -> bool:
    given = function.args
    annotations = [a.annotation for a in (*given.posonlyargs, *given.args, *given.kwonlyargs)]
    return any(
        annotation is not None and is_array(module, annotation)
        for annotation in (*annotations, function.returns)
    )


def vague(module: str) -> list[str]:
    """The functions of arrays in a module whose docstrings lack a shape, or a dtype or unit."""
    return [
        name
        for name, function, text in functions(module)
        if takes_arrays(module, function)
        and not (SHAPE.search(text) and DTYPE_OR_UNIT.search(text))
    ]


def test_functions_of_arrays_give_shape_and_dtype_or_unit() -> None:
    assert len(MODULES) > 400
    assert not [(module, name) for module in sorted(MODULES) for name in vague(module)]


def test_aliases_are_followed() -> None:
    text = "def f(codes: Codes, x: 'Tensor | None') -> int: ..."
    (function,) = ast.parse(text).body
    assert isinstance(function, ast.FunctionDef)
    assert takes_arrays("regtrack.dataset.loader", function)
    assert is_array("regtrack.dataset.store", ast.parse("Mapping[str, Codes]", mode="eval"))
    assert not is_array("regtrack.dataset.store", ast.parse("Mapping[str, str]", mode="eval"))


@pytest.mark.parametrize(
    "text", ["codes (B, L)", "starts (n,)", "(end - start,)", "(len(self), 5)", "(B, L * 2, C')"]
)
def test_a_shape_is_found(text: str) -> None:
    assert SHAPE.search(text)


@pytest.mark.parametrize("text", ["uint8 (n,)", "starts (bp)", "bool", "Floats"])
def test_a_dtype_or_unit_is_found(text: str) -> None:
    assert DTYPE_OR_UNIT.search(text)


@pytest.mark.parametrize("text", ["scores (see there)", "the values", "(Gupta)", "f(codes)"])
def test_prose_is_not_a_shape(text: str) -> None:
    assert not SHAPE.search(text)
    assert not DTYPE_OR_UNIT.search(text)
