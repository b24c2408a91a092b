import numpy as np
import pytest
import skimage.data


@pytest.fixture(scope="session")
def astronaut() -> np.ndarray:
    """Give a public-domain photograph of one smiling face, uint8 (512, 512, 3); do not change it.

    BlazeFace's box around the face is about (178, 81, 94, 94).
    """
    photograph = skimage.data.astronaut()
    photograph.setflags(write=False)
    return photograph
