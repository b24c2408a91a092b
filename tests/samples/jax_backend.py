"""Environment variables for a process in which Keras runs on JAX."""

JAX = {
    "KERAS_BACKEND": "jax",
    "JAX_PLATFORMS": "cpu",
    # Tiny networks compile for longer than they run.
    "XLA_FLAGS": "--xla_backend_optimization_level=0",
}
