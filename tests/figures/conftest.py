import pytest

from paribus.figures import CurveRow


@pytest.fixture
def rows_of():
    """Curve rows from condition -> seed -> losses per epoch; accuracies are 1 - loss / 10."""

    def build(losses, *, sealed=True):
        return [
            CurveRow(
                condition=condition,
                seed=seed,
                epoch=epoch,
                step=10 * epoch,
                train_loss=None,
                clean_loss=value,
                clean_accuracy=None if value is None else 1 - value / 10,
                running_accuracy=None,
                validation_loss=None if value is None else 2 * value,
                validation_accuracy=None if value is None else 1 - value / 5,
                test_loss=None if sealed or value is None else 3 * value,
                test_accuracy=None if sealed or value is None else 1 - value / 4,
            )
            for condition, runs in losses.items()
            for seed, values in runs.items()
            for epoch, value in enumerate(values)
        ]

    return build
