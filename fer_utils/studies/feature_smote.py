"""Apply SMOTE to the features of a network and retrain its last layer on them."""

import time

import keras
import numpy as np
import pandas as pd
from keras import layers
from numpy.typing import NDArray

from fer_utils.data.faces import Faces
from fer_utils.emotions import EMOTIONS
from fer_utils.model.network import for_inference
from fer_utils.model.trained import Trained

_EPOCHS, _UPDATES_PER_EPOCH, _BATCH_SIZE = 10, 100, 512
_LEARNING_RATE, _DROPOUT = 3e-3, 0.2


def retrain_head(
    network: keras.Model,
    faces: Faces,
    *,
    seed: int = 0,
    k_neighbors: int = 5,
    epochs: int = _EPOCHS,
) -> Trained:
    """Balance the features of Training with SMOTE and train a new last layer on them.

    All other layers stay the same (classifier re-training, Kang et al. 2020, "Decoupling
    representation and classifier for long-tailed recognition").

    Parameters
    ----------
    network : keras.Model
        Output of `fer_utils.model.network.build_network`, trained without balancing.
    faces : Faces
        Features are computed from Training without augmentation; the epoch is chosen on
        PublicTest.
    seed : int
        Seed of SMOTE, weights, and order.
    k_neighbors : int
        Number of neighbors for SMOTE.
    epochs : int
        Number of epochs of 100 updates; each is scored on PublicTest.

    Returns
    -------
    Trained
        The network in float32 with the last layer of the best epoch. Its history has ``epoch``,
        ``val_accuracy`` and ``seconds``, only of the new layer.

    Raises
    ------
    ValueError
        If an emotion has too few faces for SMOTE.
    """
    from imblearn.over_sampling import SMOTE

    began = time.monotonic()
    training, validation = faces.of_split("Training"), faces.of_split("PublicTest")
    keras.utils.set_random_seed(seed)
    retrained = for_inference(network)
    body = keras.Model(retrained.input, retrained.get_layer("features").output)
    sampler = SMOTE(k_neighbors=k_neighbors, random_state=seed)
    features, labels = sampler.fit_resample(_features(body, training.images), training.labels)
    scores = layers.Dense(len(EMOTIONS))
    head = keras.Sequential(
        [keras.Input(features.shape[1:]), layers.Dropout(_DROPOUT), scores, layers.Softmax()]
    )
    head.compile(keras.optimizers.Adam(_LEARNING_RATE), "sparse_categorical_crossentropy")
    unseen, rows, best = _features(body, validation.images), [], -1.0
    random = np.random.default_rng(seed)
    for epoch in range(1, epochs + 1):
        # The same number of updates for any amount of data: few features are repeated.
        shown = np.resize(random.permutation(len(features)), _UPDATES_PER_EPOCH * _BATCH_SIZE)
        head.fit(features[shown], labels[shown], batch_size=_BATCH_SIZE, verbose=0)
        predicted = head.predict(unseen, batch_size=_BATCH_SIZE, verbose=0).argmax(axis=1)
        accuracy = float((predicted == validation.labels).mean())
        rows.append({"epoch": epoch, "val_accuracy": accuracy})
        if accuracy > best:
            best = accuracy
            retrained.get_layer("scores").set_weights(scores.get_weights())
    seconds = time.monotonic() - began
    history = pd.DataFrame(rows).assign(seconds=seconds / epochs)
    return Trained(retrained, history, seconds, "float32")


def _features(body: keras.Model, images: NDArray[np.uint8]) -> NDArray[np.float32]:
    features: NDArray[np.float32] = body.predict(images[..., None], batch_size=512, verbose=0)
    return features
