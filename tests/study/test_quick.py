import pytest

from paribus.study import directory_name, expand, quick


def test_a_quick_study_asks_the_same_in_seconds(parse, base):
    study = parse(base)
    small = quick(study)
    assert (small.design.seeds, small.base.train.epochs) == (2, 1)
    assert (small.base.data.train_images, small.base.data.validation) == (2000, 1000)
    assert [each.name for each in expand(small)] == [each.name for each in expand(study)]
    assert small.name == "a-study-quick"
    assert directory_name(small).startswith("a-study-quick-")
    assert small.question == study.question


def test_a_quick_study_s_text_gives_it_again(parse, base):
    small = quick(parse(base, "train.steps=1000"))
    assert small.base.train.steps == 20
    assert parse(small.text).base == small.base
    assert quick(small).text.count("# changed: ") == 3
    assert quick(small).name == small.name


@pytest.mark.parametrize(("seeds", "epochs", "images"), [(1, 1, 300)])
def test_what_is_small_stays(parse, base, seeds, epochs, images):
    text = base.replace("seeds = 5", f"seeds = {seeds}").replace("epochs = 20", f"epochs = {epochs}")
    small = quick(parse(text.replace("validation = 5000", f"validation = 0.1\ntrain_images = {images}")))
    assert (small.design.seeds, small.base.train.epochs) == (seeds, epochs)
    assert (small.base.data.train_images, small.base.data.validation) == (images, 0.1)


def test_digits_are_small_already_and_bound_what_is_beside_them(parse, base):
    assert quick(parse(base, "data.source=digits")).base.data.train_images is None
    both = quick(parse(base, 'vary.data.source=["mnist", "digits"]'))
    assert both.base.data.train_images == 500


def test_what_is_varied_on_purpose_stays(parse, change):
    lengths = quick(parse(change('"train.lr" = [1.0, 0.1, 0.01]', '"train.epochs" = [5, 10]')))
    assert [each.recipe.train.epochs for each in expand(lengths)] == [5, 10]


TABLES = """train = [
  { label = "a", lr = 1, batch_size = 2, epochs = 9 },
  { label = "b", lr = %s, batch_size = 2, epochs = 8 },
]"""


@pytest.mark.parametrize(("lr", "epochs"), [("2", [1, 1]), ("1", [9, 8])])
def test_tables_as_levels_get_short_unless_their_length_is_the_question(parse, change, lr, epochs):
    small = quick(parse(change('"train.lr" = [1.0, 0.1, 0.01]', TABLES % lr)))
    assert [each.recipe.train.epochs for each in expand(small)] == epochs


def test_explicit_conditions_get_short_too(parse, change):
    table = "train = { label = 'x', lr = 1, batch_size = 2, epochs = 9 }"
    small = quick(parse(change("seeds = 5", f"kind = 'explicit'\nconditions = [{{ {table} }}, {{ train.lr = 1.0 }}]")))
    assert [each.recipe.train.epochs for each in expand(small)] == [1, 1]


def test_where_the_test_set_stays_closed_something_else_is_measured(parse, base):
    assert quick(parse(base, "data.validation=0")).base.data.validation == 0.2
