"""Text of an expression to a tree of words, with the columns of every word.

The grammar is small, and parsed by hand rather than by Python's own parser, for three reasons:
words that Python reserves are ordinary names here (`coastal.yield`), case names hold hyphens
(`war[send-now]`), and a message can point at the word it means. Nothing is ever executed.

    either   = both ("or" both)*                   sum      = product (("+" | "-") product)*
    both     = negation ("and" negation)*          product  = sign (("*" | "/" | "%") sign)*
    negation = "not" negation | chain              sign     = ("-" | "+") sign | atom
    chain    = sum (("<" | "<=" | …) sum)*         atom     = number | name | name "." member
                                                            | name "(" arguments ")"
                                                            | name "[" case "]" | "(" either ")"
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

__all__ = ["Fault", "FaultError", "Word", "parse_text"]

MAX_LENGTH = 4_000  # characters
MAX_BRACKETS = 40  # inside each other; each costs the parser nine calls
MAX_HEIGHT = 100  # of the tree; both keep every walk far from Python's own limit

_TOKEN = re.compile(
    r"(?P<space>\s+)"
    r"|(?P<number>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)"
    r"|(?P<name>[^\W\d]\w*)"
    r"|(?P<sign><=|>=|==|!=|\*\*|//|&&|\|\||[-+*/%<>()\[\],.=])"
)
# of a family's member, `offer_0.25` or `offer_-1`, the number belongs to the name
_MEMBER = re.compile(r"[^\W\d]\w*(?:(?<=_)-[0-9]+)?(?:(?<=[0-9])\.[0-9]+)?")
_CASE = re.compile(r"\s*([\w./-]+)\s*\]")
_COMPARISONS = frozenset(("<", "<=", ">", ">=", "==", "!="))
_FOREIGN = {
    "**": "powers are written with exp and log, or as x * x",
    "//": "whole-number division is not part of the language",
    "&&": "write `and`",
    "||": "write `or`",
    "=": "compare with `==`",
}


class Fault(NamedTuple):
    """What is wrong with a piece of text, and where in it."""

    code: str
    message: str
    start: int
    end: int
    hint: str = ""
    fix: str = ""


class FaultError(Exception):
    """The text cannot be read as an expression."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        super().__init__(fault.message)


class Word(NamedTuple):
    """A node of the unresolved tree.

    Attributes:
        kind: `number name dotted call index unary binary compare boolean`.
        value: The number, the name, the pair of a dotted name or index, the function, the
            operator, or the operators of a chain.
        options: Names and numbers of `by=4` and the like.
    """

    kind: str
    value: object
    children: tuple[Word, ...]
    start: int
    end: int
    height: int = 1
    options: tuple[tuple[str, Word], ...] = ()


class _Token(NamedTuple):
    kind: str
    text: str
    start: int
    end: int


@lru_cache(maxsize=20_000)
def parse_text(text: str) -> Word:
    """Return the tree of an expression.

    Raises:
        FaultError: S206 (not of the grammar), S207 (too long or too deep).
    """
    if len(text) > MAX_LENGTH:
        raise FaultError(
            Fault(
                "S207",
                f"The expression has {len(text):,} characters; {MAX_LENGTH:,} are allowed.",
                0,
                1,
                fix="split it, for instance into several payoff terms.",
            )
        )
    parser = _Parser(text)
    tree = parser.either(0)
    if parser.token.kind != "end":
        parser.fail(f"'{parser.token.text}' does not belong here.")
    return tree


def _split(text: str) -> list[_Token]:
    tokens, position = [], 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise FaultError(
                Fault(
                    "S206",
                    f"'{text[position]}' is not part of the language of expressions.",
                    position,
                    position + 1,
                    fix="use numbers, names, + - * / %, comparisons, "
                    "and or not, and the listed functions.",
                )
            )
        kind = match.lastgroup or ""
        if kind != "space":
            tokens.append(_Token(kind, match.group(), match.start(), match.end()))
        position = match.end()
    tokens.append(_Token("end", "the end", len(text), len(text) + 1))
    return tokens


class _Parser:
    """Recursive descent over the tokens of one text; `depth` bounds the recursion."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = _split(text)
        self.position = 0

    @property
    def token(self) -> _Token:
        return self.tokens[self.position]

    def either(self, depth: int) -> Word:
        return self._joined("or", self.both, depth)

    def both(self, depth: int) -> Word:
        return self._joined("and", self.negation, depth)

    def _joined(self, word: str, part: object, depth: int) -> Word:
        assert callable(part)
        parts = [part(depth)]
        while self.token.kind == "name" and self.token.text == word:
            self.position += 1
            parts.append(part(depth))
        return parts[0] if len(parts) == 1 else self.node("boolean", word, parts)

    def negation(self, depth: int) -> Word:
        token = self.token
        if token.kind == "name" and token.text == "not":
            self.position += 1
            inner = self.negation(self.deeper(depth))
            return self.node("unary", "not", [inner], start=token.start)
        return self.chain(depth)

    def chain(self, depth: int) -> Word:
        operands, operators = [self.sum(depth)], []
        while self.token.text in _COMPARISONS:
            operators.append(self.token.text)
            self.position += 1
            operands.append(self.sum(depth))
        return operands[0] if not operators else self.node("compare", tuple(operators), operands)

    def sum(self, depth: int) -> Word:
        return self._chained(("+", "-"), self.product, depth)

    def product(self, depth: int) -> Word:
        return self._chained(("*", "/", "%"), self.sign, depth)

    def _chained(self, operators: tuple[str, ...], part: object, depth: int) -> Word:
        assert callable(part)
        left: Word = part(depth)
        while self.token.kind == "sign" and self.token.text in operators:
            operator = self.token.text
            self.position += 1
            left = self.node("binary", operator, [left, part(depth)])
        return left

    def sign(self, depth: int) -> Word:
        token = self.token
        if token.text in ("-", "+"):
            self.position += 1
            inner = self.sign(self.deeper(depth))
            if token.text == "+":
                return inner
            if inner.kind == "number":
                assert isinstance(inner.value, float)
                return Word("number", -inner.value, (), token.start, inner.end)
            return self.node("unary", "-", [inner], start=token.start)
        return self.atom(depth)

    def atom(self, depth: int) -> Word:
        token = self.token
        self.position += 1
        if token.kind == "number":
            return Word("number", float(token.text), (), token.start, token.end)
        if token.kind == "name" and token.text not in ("and", "or", "not"):
            return self.named(token, depth)
        if token.text == "(":
            inner = self.either(self.deeper(depth))
            end = self.expect(")").end
            return inner._replace(start=token.start, end=end) if inner.kind != "name" else inner
        self.position -= 1
        return self.fail(f"A number, a name or '(' was expected before {_shown(token)}.")

    def named(self, token: _Token, depth: int) -> Word:
        following = self.token.text
        if following == "(":
            return self.call(token, depth)
        if following == ".":
            return self.dotted(token)
        if following == "[":
            return self.index(token)
        return Word("name", token.text, (), token.start, token.end)

    def dotted(self, token: _Token) -> Word:
        dot = self.token
        match = _MEMBER.match(self.text, dot.end)
        if match is None:
            self.position += 1
            self.fail("A name was expected after the dot.")
            raise AssertionError
        self.skip_to(match.end())
        if self.token.text in (".", "("):
            raise FaultError(
                Fault(
                    "S208",
                    f"'{token.text}.{match.group()}{self.token.text}' asks for something "
                    "to be looked up or called; an expression cannot.",
                    token.start,
                    match.end(),
                    fix="use names, the listed functions, and player.action or player.type.",
                )
            )
        return Word("dotted", (token.text, match.group()), (), token.start, match.end())

    def index(self, token: _Token) -> Word:
        match = _CASE.match(self.text, self.token.end)
        if match is None:
            self.position += 1
            self.fail("The name of a case and ']' were expected.")
            raise AssertionError
        self.skip_to(match.end())
        return Word("index", (token.text, match.group(1)), (), token.start, match.end())

    def call(self, token: _Token, depth: int) -> Word:
        self.position += 1
        arguments: list[Word] = []
        options: list[tuple[str, Word]] = []
        inside = self.deeper(depth)
        while self.token.text != ")":
            name = self.token
            if name.kind == "name" and self.tokens[self.position + 1].text == "=":
                self.position += 2
                options.append((name.text, self.either(inside)))
            else:
                arguments.append(self.either(inside))
            if self.token.text != ",":
                break
            self.position += 1
        end = self.expect(")").end
        height = 1 + max((a.height for a in arguments), default=0)
        return Word("call", token.text, tuple(arguments), token.start, end, height, tuple(options))

    def node(
        self, kind: str, value: object, children: list[Word], start: int | None = None
    ) -> Word:
        height = 1 + max(child.height for child in children)
        first, last = children[0].start if start is None else start, children[-1].end
        if height > MAX_HEIGHT:
            self.too_deep(first, MAX_HEIGHT)
        return Word(kind, value, tuple(children), first, last, height)

    def deeper(self, depth: int) -> int:
        if depth >= MAX_BRACKETS:
            self.too_deep(self.token.start, MAX_BRACKETS)
        return depth + 1

    def too_deep(self, start: int, limit: int) -> None:
        raise FaultError(
            Fault(
                "S207",
                f"The expression is nested deeper than {limit} levels.",
                start,
                start + 1,
                fix="split it, or remove brackets.",
            )
        )

    def expect(self, text: str) -> _Token:
        token = self.token
        if token.text != text or token.kind == "end":
            self.fail(f"'{text}' was expected before {_shown(token)}.")
        self.position += 1
        return token

    def skip_to(self, end: int) -> None:
        while self.token.start < end and self.token.kind != "end":
            self.position += 1

    def fail(self, message: str) -> Word:
        token = self.token
        foreign = _FOREIGN.get(token.text, "")
        start = min(token.start, max(0, len(self.text) - 1))
        fix = foreign or "close every bracket, and put an operator between any two values."
        raise FaultError(
            Fault("S206", message, start, max(start + 1, min(token.end, len(self.text))), fix=fix)
        )


def _shown(token: _Token) -> str:
    return "the end of the expression" if token.kind == "end" else f"'{token.text}'"
