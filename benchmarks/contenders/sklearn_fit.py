"""scikit-learn's MLPClassifier, one pass at a time; with workers, models side by side through joblib.

Its initial weights are Glorot's, which cannot be changed; everything else is the task's.
"""

import joblib
from contest import Laps, arrays, finish, given
from sklearn.neural_network import MLPClassifier
from tasks import CLASSES, parsed


def train(task, data, *, number, lr, seed):
    """Train one model; return its test accuracy and its laps."""
    images, labels, test_images, test_labels = data
    hidden = [each[1][0] for each in map(parsed, task.layers) if each[0] == "Linear"][:-1]
    model = MLPClassifier(
        hidden_layer_sizes=hidden,
        solver="sgd",
        alpha=0.0,
        batch_size=task.batch,
        learning_rate_init=lr,
        momentum=task.momentum,
        nesterovs_momentum=False,
        random_state=seed,
    )
    laps = Laps()
    for epoch in range(task.epochs):
        with laps.lap(len(labels), model=number, epoch=epoch):
            model.partial_fit(images, labels, classes=range(CLASSES))  # one pass in batches of batch_size
    return model.score(test_images, test_labels), laps.laps


def main():
    task, laps = given(), Laps()
    data = [each.reshape(len(each), -1) if each.ndim > 1 else each for each in arrays(task)]
    job = joblib.delayed(train)
    jobs = [job(task, data, number=number, lr=lr, seed=seed) for number, (lr, seed) in enumerate(task.models)]
    done = joblib.Parallel(n_jobs=task.workers)(jobs)
    laps.laps = [lap for _, each in done for lap in each]
    finish(laps, [accuracy for accuracy, _ in done])


if __name__ == "__main__":
    main()
