"""Vision in the browser: the live camera, its charts and acting practice."""
