"""Run everything from a terminal: ``fer-utils run``, ``train``, ``predict``, ``app``, and more."""
