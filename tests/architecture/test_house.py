"""Rules of the house that can be read off the syntax: doors, names, classes, randomness, what is executed."""

import ast
import importlib
import itertools
import re

import pytest
from house import PACKAGE, calls, door, dotted, functions, in_order, keywords, rooms, sources, test_sources

NOWHERE = {"utils", "util", "helpers", "helper", "common", "misc", "base"}
# A class that only says what others must do is a contract: filling it in is no overriding.
CONTRACTS = {"ABC", "Protocol", "Exception"}
TORCH_SEEDERS = {"manual_seed", "manual_seed_all", "seed", "seed_all", "set_rng_state", "fork_rng"}
TORCH_DRAWS = {"rand", "rand_like", "randn", "randn_like", "randint", "randint_like", "randperm", "normal"}
TORCH_DRAWS |= {"bernoulli", "multinomial", "poisson"}
IN_PLACE_DRAWS = {"bernoulli_", "cauchy_", "exponential_", "geometric_", "log_normal_", "normal_", "random_"}
IN_PLACE_DRAWS |= {
    "kaiming_normal_",
    "kaiming_uniform_",
    "orthogonal_",
    "sparse_",
    "trunc_normal_",
    "uniform_",
}
IN_PLACE_DRAWS |= {"xavier_normal_", "xavier_uniform_"}
# A user's own module draws from torch's generators: one file forks, seeds and restores them.
TORCH_GENERATORS = {"torch.default_generator", "torch.cuda.default_generators"}
FORKER = PACKAGE / "models" / "randomness.py"
EXECUTING = {
    "eval",
    "exec",
    "compile",
    "torch.load",
    "marshal.loads",
    "marshal.load",
    "shelve.open",
    "joblib.load",
}
EXECUTING |= {"pickle.load", "pickle.loads", "pickle.Unpickler"}


@pytest.mark.parametrize("room", rooms())
def test_a_rooms_docstring_says_what_comes_in_what_goes_out_and_what_never(room):
    tree = ast.parse((PACKAGE / room / "__init__.py").read_text(encoding="utf-8"))
    text = ast.get_docstring(tree) or ""
    assert re.fullmatch(r"In: .+\. Out: .+\.\s+Never: .+\.", text, re.DOTALL), text


@pytest.mark.parametrize("room", rooms())
def test_a_rooms_door_is_sorted_exact_and_opens(room):
    names = door(room)
    assert list(names) == sorted(set(names), key=in_order)
    tree = ast.parse((PACKAGE / room / "__init__.py").read_text(encoding="utf-8"))
    assert set(names) == public_names(tree)
    module = importlib.import_module(f"paribus.{room}")
    assert [name for name in names if not hasattr(module, name)] == []


def public_names(tree):
    """Return what a module binds for others, at its top level."""
    found = set()
    for node in tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            found.update(each.asname or each.name.partition(".")[0] for each in node.names)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found.update(dotted(each) for each in targets)
    return {name for name in found if not name.startswith("_")}


def test_no_module_is_named_after_nothing():
    assert [each.name for each in sources() if each.path.stem.strip("_") in NOWHERE] == []
    assert [room for room in rooms() if room in NOWHERE] == []


def test_no_function_passes_its_keyword_arguments_through():
    passed = []
    for source in sources():
        for function in functions(source.tree):
            name = function.args.kwarg.arg if function.args.kwarg else None
            for _, call in calls(function):
                if name and any(each.arg is None and dotted(each.value) == name for each in call.keywords):
                    passed.append(f"{source.at(call)} **{name}")
    assert passed == []


def test_no_method_is_overridden_twice_and_nothing_is_mixed_in():
    classes = {
        node.name: node for source in sources() for node in ast.walk(source.tree) if isinstance(node, ast.ClassDef)
    }
    assert [name for name in classes if name.endswith("Mixin")] == []
    assert overridden_twice(classes) == []


def overridden_twice(classes):
    """Return "Class.method" for each method that two of the class's own ancestors define with a body."""
    found = []
    for name, node in classes.items():
        solid = [classes[each] for each in ancestors(name, classes) if not is_contract(each, classes)]
        twice = [each for each in methods(node) if sum(each in methods(one) for one in solid) > 1]
        found += [f"{name}.{each}" for each in twice]
    return found


def parents(name, classes):
    """Return the last part of the name of each base class."""
    bases = (each.value if isinstance(each, ast.Subscript) else each for each in classes[name].bases)
    return [dotted(each).rpartition(".")[2] for each in bases]


def ancestors(name, classes):
    """Return the names of all classes of ours that a class descends from."""
    own = [each for each in parents(name, classes) if each in classes]
    return {*own, *itertools.chain.from_iterable(ancestors(each, classes) for each in own)}


def is_contract(name, classes):
    """Whether a class, or one it descends from, is a protocol, abstract, or an exception."""
    family = {name, *ancestors(name, classes)}
    said = {parent for each in family for parent in parents(each, classes)}
    return any(each in CONTRACTS or each.endswith("Error") for each in said)


def methods(node):
    """Return the names of the methods that a class defines itself."""
    return {each.name for each in node.body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_overriding_twice_is_noticed():
    text = "class A:\n def f(s): 1\nclass B(A):\n def f(s): 2\nclass C(B[int]):\n def f(s): 3\n"
    assert overridden_twice({each.name: each for each in ast.parse(text).body}) == ["C.f"]
    with_protocol = ast.parse(text.replace("class A:", "class A(Protocol):")).body
    assert overridden_twice({each.name: each for each in with_protocol}) == []


def test_no_global_generator_is_drawn_from_or_seeded():
    found = []
    for source in sources():
        for node in ast.walk(source.tree):
            touched = global_randomness(node)
            if source.path == FORKER:
                touched = [each for each in touched if each not in TORCH_GENERATORS]
            found += [f"{source.at(node)} {each}" for each in touched]
    assert found == []


def global_randomness(node):
    """Return how a node touches a generator that it did not make itself; empty when it does not."""
    if isinstance(node, ast.Import):
        return [each.name for each in node.names if each.name in ("random", "numpy.random", "torch.random")]
    if isinstance(node, ast.ImportFrom):
        from_numpy = node.module == "numpy.random"
        return [
            f"{node.module}.{each.name}"
            for each in node.names
            if node.module in ("random", "torch.random") or (from_numpy and each.name[0].islower())
        ]
    if isinstance(node, ast.Attribute):
        name = dotted(node)
        theirs = name in TORCH_GENERATORS or re.fullmatch(r"(np|numpy)\.random\.[a-z]\w*", name)
        return [name] if theirs else []
    if isinstance(node, ast.Call):
        return torch_randomness(node)
    return []


def torch_randomness(call):
    """Return the name of a torch function that seeds or draws globally, in a list."""
    owner, _, name = dotted(call.func).rpartition(".")
    last = call.func.attr if isinstance(call.func, ast.Attribute) else name
    if owner.split(".")[0] == "torch" and last in TORCH_SEEDERS:
        return [f"{owner}.{last}"]
    draws = (owner == "torch" and last in TORCH_DRAWS) or last in IN_PLACE_DRAWS
    return [f"{last} without generator="] if draws and "generator" not in keywords(call) else []


@pytest.mark.parametrize(
    ("line", "clean"),
    [
        ("np.random.rand(3)", False),
        ("np.random.default_rng()", False),
        ("np.random.Generator(np.random.Philox(key=1))", True),
        ("import random", False),
        ("from numpy.random import shuffle", False),
        ("from numpy.random import Philox", True),
        ("torch.manual_seed(1)", False),
        ("torch.cuda.manual_seed_all(1)", False),
        ("torch.default_generator.get_state()", False),
        ("torch.Generator().manual_seed(1)", True),
        ("torch.rand(3)", False),
        ("torch.rand(3, generator=g)", True),
        ("module.weight.normal_()", False),
        ("tensor[0].uniform_(0, 1)", False),
        ("init.uniform_(w, generator=g)", True),
    ],
)
def test_global_randomness_is_noticed(line, clean):
    found = [each for node in ast.walk(ast.parse(line)) for each in global_randomness(node)]
    assert (found == []) is clean


def test_nothing_that_was_read_is_executed():
    found = []
    for source in sources():
        restricted = restricted_unpicklers(source.tree) if source.room == "data" else set()
        for node in ast.walk(source.tree):
            name = dotted(node)
            if name in EXECUTING and node not in restricted:
                found.append(f"{source.at(node)} {name}")
            if isinstance(node, ast.ImportFrom) and node.module in ("pickle", "marshal", "shelve"):
                found.append(f"{source.at(node)} import from {node.module}")
            if isinstance(node, ast.keyword) and node.arg == "allow_pickle" and ast.unparse(node.value) != "False":
                found.append(f"{source.at(node)} allow_pickle")
    assert found == []


def restricted_unpicklers(tree):
    """Return the base-class nodes of classes that decide themselves which names a pickle may ask for."""
    return {
        base
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef) and "find_class" in methods(node)
        for base in node.bases
    }


def test_every_expected_error_is_matched_by_its_words():
    expected = [(source, *each) for source in test_sources() for each in calls(source.tree)]
    raising = [each for each in expected if each[1] in ("pytest.raises", "pytest.warns")]
    assert raising, "no test expects an error: this test has gone blind"
    assert [source.at(call) for source, _, call in raising if "match" not in keywords(call)] == []
