"""Check the answers to the exercises of the notebooks.

Each name is imported when it is first used; the stub next to this file says where it comes from.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
