"""Rule 11: files and functions that fit a head. The aims are 250 and 20; these are the walls."""

from house import code_lines, functions, sources, test_sources

MOST_LINES = 400
MOST_CODE_LINES = 50


def test_no_file_is_longer_than_four_hundred_lines():
    lengths = {each.name: each.text.count("\n") for each in (*sources(), *test_sources())}
    assert {name: length for name, length in lengths.items() if length > MOST_LINES} == {}


def test_no_function_has_more_than_fifty_code_lines():
    too_long = {}
    for source in sources():
        code = code_lines(source)
        for function in functions(source.tree):
            length = len(code.intersection(range(function.lineno, function.end_lineno + 1)))
            if length > MOST_CODE_LINES:
                too_long[f"{source.at(function)} {function.name}"] = length
    assert too_long == {}
