"""XPath as XLSForm writes it, parsed once into a tree.

The whole of XPath 1.0's expression grammar is read, so that an expression with one thing we do not
evaluate (an instance, a predicate, a function of another tool) is still understood around that thing.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal


# Far above anything fielded (the longest in the corpus has 1,100 characters), far below what would hurt.
LONGEST_EXPRESSION = 50_000
DEEPEST_NESTING = 100


@dataclass(frozen=True, slots=True)
class Text:
    """A quoted text."""

    value: str


@dataclass(frozen=True, slots=True)
class Number:
    """A number as written."""

    value: float


@dataclass(frozen=True, slots=True)
class Reference:
    """The answer to another question: ``${name}``, ``/data/group/name`` or ``../name``."""

    name: str


@dataclass(frozen=True, slots=True)
class Self:
    """The answer the expression belongs to: ``.``."""


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """Two numbers made one."""

    operator: Literal["+", "-", "*", "div", "mod"]
    left: "Node"
    right: "Node"


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two values compared."""

    operator: Literal["=", "!=", "<", "<=", ">", ">="]
    left: "Node"
    right: "Node"


@dataclass(frozen=True, slots=True)
class Connection:
    """Conditions joined by ``and`` or by ``or``; a chain is one node, however long."""

    operator: Literal["and", "or"]
    operands: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Negative:
    """A number with its sign turned."""

    operand: "Node"


@dataclass(frozen=True, slots=True)
class Call:
    """A function and what it is given."""

    function: str
    arguments: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class NotEvaluated:
    """Something grammatical whose value is not to be had from a table of answers."""

    what: str
    parts: tuple["Node", ...] = ()


Node = (
    Text | Number | Reference | Self | Arithmetic | Comparison | Connection | Negative | Call | NotEvaluated
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Expression:
    """An expression that was understood."""

    source: str
    root: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsupported:
    """An expression that was not understood; whatever depends on it stays unknown.

    ``reason`` names a sentence at ``expression_reasons.<reason>`` in the catalogue of strings.
    """

    source: str
    reason: Literal["blank", "too_long", "too_deep", "character", "grammar"]
    position: int = 0  # where in the source, counted from 0


def children(node: Node) -> tuple[Node, ...]:
    """The nodes directly below a node, in the order they are written."""
    match node:
        case Arithmetic() | Comparison():
            return (node.left, node.right)
        case Connection():
            return node.operands
        case Negative():
            return (node.operand,)
        case Call():
            return node.arguments
        case NotEvaluated():
            return node.parts
        case _:
            return ()


def nodes(root: Node) -> Iterator[Node]:
    """Every node of a tree, parents before their children, left to right."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(reversed(children(node)))


def referenced_names(expression: Expression | Unsupported) -> tuple[str, ...]:
    """Names of the questions an expression mentions, each once, in the order written."""
    if isinstance(expression, Unsupported):
        return ()
    found = (node.name for node in nodes(expression.root) if isinstance(node, Reference))
    return tuple(dict.fromkeys(found))


@lru_cache(maxsize=4096)
def parse(source: str) -> Expression | Unsupported:
    """The tree of an expression, or why it was not understood.

    Curly quotation marks are read as straight ones, as form converters do: word processors put them there.
    """
    if not source.strip():
        return Unsupported(source=source, reason="blank")
    if len(source) > LONGEST_EXPRESSION:
        return Unsupported(source=source, reason="too_long")
    try:
        return Expression(source=source, root=_Parser(source).whole())
    except _NotUnderstood as error:
        return Unsupported(source=source, reason=error.reason, position=error.position)


class _NotUnderstood(Exception):
    def __init__(self, reason: Literal["character", "grammar", "too_deep"], position: int) -> None:
        super().__init__(reason)
        self.reason: Literal["character", "grammar", "too_deep"] = reason
        self.position = position


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str  # reference, number, text, name, symbol, end
    text: str
    position: int


_TOKEN = re.compile(
    r"""(?P<space>\s+)
    | \$\{\s*(?P<reference>[^{}\s]+)\s*\}
    | (?P<number>\d+(?:\.\d*)?|\.\d+)
    | '(?P<single>[^']*)' | "(?P<double>[^"]*)"
    | [‘’‚](?P<curly_single>[^‘’']*)[‘’'] | [“”„](?P<curly_double>[^“”"]*)[“”"]
    | (?P<name>[^\W\d][\w.\-]*(?::[^\W\d][\w.\-]*)?)
    | (?P<symbol>//|\.\.|::|<=|>=|!=|[()\[\],@|/*+\-.=<>])""",
    re.VERBOSE,
)
_TEXTS = ("single", "double", "curly_single", "curly_double")
# How tightly each operator binds.
_BINDS: dict[str, int] = {
    "or": 1,
    "and": 2,
    "=": 3,
    "!=": 3,
    "<": 4,
    "<=": 4,
    ">": 4,
    ">=": 4,
    "+": 5,
    "-": 5,
    "*": 6,
    "div": 6,
    "mod": 6,
}


def _tokens(source: str) -> Iterator[_Token]:
    position = 0
    while position < len(source):
        found = _TOKEN.match(source, position)
        if found is None:
            raise _NotUnderstood("character", position)
        kind = found.lastgroup or ""
        if kind != "space":
            yield _Token("text" if kind in _TEXTS else kind, found[kind], position)
        position = found.end()
    yield _Token("end", "", position)


class _Parser:
    """Recursive descent for what stands alone, precedence climbing for the operators between."""

    def __init__(self, source: str) -> None:
        self._tokens = list(_tokens(source))
        self._at = 0
        self._depth = 0

    def whole(self) -> Node:
        node = self._expression()
        if self._next.kind != "end":
            raise self._unexpected()
        if _depth(node) > DEEPEST_NESTING:
            raise _NotUnderstood("too_deep", 0)
        return node

    # Reading tokens

    @property
    def _next(self) -> _Token:
        return self._tokens[self._at]

    def _unexpected(self) -> _NotUnderstood:
        return _NotUnderstood("grammar", self._next.position)

    def _take(self) -> _Token:
        token = self._next
        self._at += 1
        return token

    def _sees(self, *symbols: str) -> bool:
        return self._next.kind == "symbol" and self._next.text in symbols

    def _skip(self, symbol: str) -> bool:
        if self._sees(symbol):
            self._at += 1
            return True
        return False

    def _expect(self, symbol: str) -> None:
        if not self._skip(symbol):
            raise self._unexpected()

    # Operators

    def _expression(self) -> Node:
        self._depth += 1
        if self._depth > DEEPEST_NESTING:
            raise _NotUnderstood("too_deep", self._next.position)
        node = self._binding(1)
        self._depth -= 1
        return node

    def _binding(self, loosest: int) -> Node:
        """Operands joined by operators that bind at least as tightly as ``loosest``."""
        node = self._signed()
        while (tightness := self._operator_ahead()) >= loosest:
            operator = self._take().text
            node = _joined(operator, node, self._binding(tightness + 1))
        return node

    def _operator_ahead(self) -> int:
        token = self._next
        return _BINDS.get(token.text, 0) if token.kind in ("name", "symbol") else 0

    def _signed(self) -> Node:
        signs = 0
        while self._skip("-"):
            signs += 1
        node = self._union()
        if signs == 0:
            return node
        return Negative(node) if signs % 2 else Negative(Negative(node))

    def _union(self) -> Node:
        parts = [self._path()]
        while self._skip("|"):
            parts.append(self._path())
        return parts[0] if len(parts) == 1 else NotEvaluated("|", tuple(parts))

    # Paths and what stands alone

    def _path(self) -> Node:
        token = self._next
        if token.kind == "name" and self._tokens[self._at + 1].text == "(" and token.text != "node":
            return self._filtered(self._call())
        if token.kind in ("reference", "number", "text") or self._sees("("):
            return self._filtered(self._primary())
        return self._location()

    def _primary(self) -> Node:
        token = self._take()
        match token.kind:
            case "reference":
                return NotEvaluated(f"${{{token.text}}}") if "#" in token.text else Reference(token.text)
            case "number":
                return Number(float(token.text))
            case "text":
                return Text(token.text)
        node = self._expression()
        self._expect(")")
        return node

    def _call(self) -> Node:
        function = self._take().text
        self._expect("(")
        arguments: list[Node] = []
        if not self._skip(")"):
            arguments.append(self._expression())
            while self._skip(","):
                arguments.append(self._expression())
            self._expect(")")
        return Call(function, tuple(arguments))

    def _filtered(self, node: Node) -> Node:
        """A primary expression, with the predicates and steps that may follow it."""
        if node == Call("current", ()) and self._skip("/"):
            return self._location()
        if not self._sees("[", "/", "//"):
            return node
        parts = [node]
        while self._sees("[", "/", "//"):
            parts += self._predicates() if self._sees("[") else self._steps()
        return NotEvaluated(node.function if isinstance(node, Call) else "path", tuple(parts))

    def _predicates(self) -> list[Node]:
        parts = []
        while self._skip("["):
            parts.append(self._expression())
            self._expect("]")
        return parts

    def _steps(self) -> list[Node]:
        parts: list[Node] = []
        while self._sees("/", "//"):
            self._take()
            parts.extend(self._step()[1])
        return parts

    def _location(self) -> Node:
        """A path of steps: a question where it is absolute or climbs first, else not ours to evaluate."""
        absolute = self._sees("/", "//")
        if absolute:
            self._take()
        step, parts = self._step()
        steps = [step]
        while self._sees("/", "//"):
            self._take()
            step, more = self._step()
            steps.append(step)
            parts.extend(more)
        if parts or any(step in ("*", "@", "[]") for step in steps):
            return NotEvaluated("path", tuple(parts))
        if steps == ["."]:
            return Self()
        resolved = [step for step in steps if step != "."]
        names = resolved and resolved[-1] != ".."
        return (
            Reference(resolved[-1]) if names and (absolute or resolved[0] == "..") else NotEvaluated("path")
        )

    def _step(self) -> tuple[str, list[Node]]:
        """One step and the expressions of its predicates; "@", "*" and "[]" mark steps not resolved."""
        token = self._take()
        step = token.text
        if token.kind == "symbol" and step == "@":
            step, _ = self._step()
            return "@", []
        if token.kind == "name" and self._skip("::"):
            step, parts = self._step()
            return "[]", parts
        if token.kind == "name" and self._skip("("):
            self._expect(")")
            return "[]", []
        if token.kind != "name" and not (token.kind == "symbol" and step in (".", "..", "*")):
            raise _NotUnderstood("grammar", token.position)
        predicates = self._predicates()
        return ("[]" if predicates else step), predicates


def _joined(operator: str, left: Node, right: Node) -> Node:
    if operator in ("or", "and"):
        before = left.operands if isinstance(left, Connection) and left.operator == operator else (left,)
        return Connection(operator, (*before, right))  # type: ignore[arg-type]
    if _BINDS[operator] in (_BINDS["="], _BINDS["<"]):
        return Comparison(operator, left, right)  # type: ignore[arg-type]
    return Arithmetic(operator, left, right)  # type: ignore[arg-type]


def _depth(root: Node) -> int:
    depth, level = 0, [root]
    while level:
        depth += 1
        level = [child for node in level for child in children(node)]
    return depth
