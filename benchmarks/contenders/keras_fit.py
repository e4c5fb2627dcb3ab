"""Keras 3 on the backend that KERAS_BACKEND names: compile and fit on arrays in memory; torch's initial weights."""

import os

import keras
import numpy as np
from contest import Laps, arrays, finish, given
from tasks import parsed

NAMES = {"ReLU": keras.layers.ReLU, "Flatten": keras.layers.Flatten, "MaxPool2d": keras.layers.MaxPooling2D}


def one_thread():
    """TensorFlow takes its threads from here, the other backends from the environment."""
    if os.environ["KERAS_BACKEND"] == "tensorflow" and os.environ.get("OMP_NUM_THREADS") == "1":
        import tensorflow as tf  # noqa: PLC0415  one of three backends

        tf.config.threading.set_intra_op_parallelism_threads(1)
        tf.config.threading.set_inter_op_parallelism_threads(1)


def initial(inputs):
    """Return torch's default: weights and biases uniform within 1 / sqrt(inputs)."""
    bound = inputs**-0.5
    return {
        "kernel_initializer": keras.initializers.RandomUniform(-bound, bound),
        "bias_initializer": keras.initializers.RandomUniform(-bound, bound),
    }


def network(task, *, seed):
    keras.utils.set_random_seed(seed)
    channels, height, width = task.shape
    entrance = reached = keras.layers.Input((height, width, channels))
    for name, arguments, _ in map(parsed, task.layers):
        inputs = reached.shape[-1]
        if name == "Conv2d":
            filters, side = arguments
            layer = keras.layers.Conv2D(filters, side, **initial(inputs * side * side))
        elif name == "Linear":
            layer = keras.layers.Dense(*arguments, **initial(inputs))
        else:
            layer = NAMES[name](*arguments)
        reached = layer(reached)
    return keras.Model(entrance, reached)


def augmented(images, labels, task):
    """Return a tf.data pipeline: crop, flip and batch, image by image in TensorFlow's own threads."""
    import tensorflow as tf  # noqa: PLC0415  this variant is TensorFlow's

    dark = -task.standardize[0] / task.standardize[1]
    side, channels = images.shape[1], images.shape[3]

    def change(image, label):
        image = tf.pad(image, [[4, 4], [4, 4], [0, 0]], constant_values=dark)
        return tf.image.random_flip_left_right(tf.image.random_crop(image, (side, side, channels))), label

    data = tf.data.Dataset.from_tensor_slices((images, labels)).shuffle(len(labels))
    return data.map(change, num_parallel_calls=tf.data.AUTOTUNE).batch(task.batch).prefetch(tf.data.AUTOTUNE)


class Timing(keras.callbacks.Callback):
    def __init__(self, laps, images, *, number):
        super().__init__()
        self.laps, self.images, self.number = laps, images, number

    def on_epoch_begin(self, *_):
        self.laps.start()

    def on_epoch_end(self, epoch, *_):
        self.laps.stop(self.images, warm=bool(epoch or self.number))


def main():
    one_thread()
    task, laps = given(), Laps()
    images, labels, test_images, test_labels = arrays(task)
    images, test_images = (np.ascontiguousarray(each.transpose(0, 2, 3, 1)) for each in (images, test_images))
    accuracies = []
    for number, (lr, seed) in enumerate(task.models):
        model = network(task, seed=seed)
        model.compile(
            optimizer=keras.optimizers.SGD(lr, momentum=task.momentum),
            loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        )
        if task.augment:
            given_data = {"x": augmented(images, labels, task)}
        else:
            given_data = {"x": images, "y": labels, "batch_size": task.batch, "shuffle": True}
        timing = Timing(laps, len(labels), number=number)
        model.fit(**given_data, epochs=task.epochs, verbose=0, callbacks=[timing])
        scores = model.predict(test_images, batch_size=1000, verbose=0)
        accuracies.append(float((scores.argmax(1) == test_labels).mean()))
        keras.backend.clear_session()
    finish(laps, accuracies)


if __name__ == "__main__":
    main()
