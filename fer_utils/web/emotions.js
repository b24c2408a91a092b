// The seven emotions in order: the counterpart of emotions.py.

export const EMOTIONS = ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"];
export const UNCERTAIN = "uncertain";
export const SHOWN_EMOTIONS = [...EMOTIONS, UNCERTAIN];
