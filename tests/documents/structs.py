"""msgspec types as components of a document, with what their docstrings say."""

import ast
import inspect
import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, get_args, get_origin

import msgspec
from msgspec import inspect as types

from schemas.codec import END

PREFIX = "#/components/schemas/"
REF = PREFIX + "{name}"


def ref(name: str) -> dict[str, Any]:
    """A reference to a component."""
    return {"$ref": REF.format(name=name)}


class Structs:
    """Types that a document shows.

    Args:
        shown: The name of the component of each.
    """

    def __init__(self, shown: Mapping[Any, str]) -> None:
        self.shown = shown
        made, self._found = msgspec.json.schema_components(shown, ref_template=REF)
        self._names = {
            one["$ref"].removeprefix(PREFIX): name for one, name in zip(made, shown.values(), strict=True)
        }
        """The names that msgspec gives them: of two types with one name, it gives both their modules."""

    def components(self) -> dict[str, Any]:
        """All of them by name."""
        documented = self._renamed(self._found)
        for struct, name in self.shown.items():
            described = documented[name]
            described |= {"title": name, "description": inspect.cleandoc(described.get("description", ""))}
            for field, text in docstrings(struct).items():
                if field in described["properties"]:
                    described["properties"][field]["description"] = text
        return documented

    def schema(self, kind: Any) -> dict[str, Any]:
        """A type as a schema that refers to components."""
        # With all others, so that names are told apart as they are there.
        (made, *_), _found = msgspec.json.schema_components([kind, *self.shown], ref_template=REF)
        return self._renamed(made)

    def _renamed(self, value: Any) -> Any:
        """A schema of msgspec with the names that are shown, and patterns as others read them."""
        if isinstance(value, dict):
            return {self._names.get(key, key): self._renamed(part) for key, part in value.items()}
        if isinstance(value, list):
            return [self._renamed(part) for part in value]
        if not isinstance(value, str):
            return value
        if value.startswith(PREFIX):
            name = value.removeprefix(PREFIX)
            return REF.format(name=self._names.get(name, name))
        # In JSON Schema `$` is the end and nothing else (ECMA 262, section 22.2.2).
        return value.replace(END, "$")


def docstrings(struct: Any) -> dict[str, str]:
    """The docstrings of the fields of a type by their names on the wire, inherited ones first."""
    struct = get_origin(struct) or struct
    texts: dict[str, str] = {}
    for base in reversed(struct.__mro__):
        if base is msgspec.Struct or not issubclass(base, msgspec.Struct):
            continue
        (node,) = ast.parse(textwrap.dedent(inspect.getsource(base))).body
        assert isinstance(node, ast.ClassDef)
        for field, text in zip(node.body, node.body[1:], strict=False):
            if (
                isinstance(field, ast.AnnAssign)
                and isinstance(field.target, ast.Name)
                and isinstance(text, ast.Expr)
                and isinstance(text.value, ast.Constant)
            ):
                texts[field.target.id] = " ".join(str(text.value.value).split())
    encoded = zip(struct.__struct_fields__, struct.__struct_encode_fields__, strict=True)
    return {wire: texts[name] for name, wire in encoded if name in texts}


def within(kinds: Iterable[Any]) -> dict[Any, types.StructType]:
    """All structs that types are made of, each with its fields."""
    found: dict[Any, types.StructType] = {}
    waiting = list(types.multi_type_info(kinds))
    while waiting:
        kind = waiting.pop(0)
        if isinstance(kind, types.StructType):
            if kind.cls in found:
                continue
            found[kind.cls] = kind
        waiting += _parts(kind)
    return found


def _parts(kind: types.Type) -> Iterator[types.Type]:
    match kind:
        case types.StructType():
            yield from (field.type for field in kind.fields)
        case types.Metadata():
            yield kind.type
        case types.CollectionType():
            yield kind.item_type
        case types.TupleType():
            yield from kind.item_types
        case types.DictType():
            yield kind.value_type
        case types.UnionType():
            yield from kind.types
        case _:
            pass


def name_of(kind: Any) -> str:
    """The name of a type; of a generic one with what it is of in front, as `SessionList`."""
    origin = get_origin(kind)
    if origin is None:
        name = re.sub(r"\W", "", kind.__name__).lstrip("_")
        return name[:1].upper() + name[1:]
    return "".join(map(name_of, (*get_args(kind), origin)))
