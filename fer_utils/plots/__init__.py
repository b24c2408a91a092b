"""Draw figures: each function takes and returns Axes, and neither shows nor saves them.

`explore` puts sliders under one of them.

Each name is imported when it is first used; the stub next to this file says where it comes from.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
