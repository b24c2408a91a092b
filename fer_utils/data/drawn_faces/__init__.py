"""Draw gray faces from facial action units, a person's looks, and a view.

The action units (AU) are those of the Facial Action Coding System: P. Ekman and W. V. Friesen,
*Facial Action Coding System*, Consulting Psychologists Press, 1978. The action units of each
emotion follow P. Ekman, W. V. Friesen, and J. C. Hager, *Facial Action Coding System: The Manual*,
Research Nexus, 2002.
"""

from fer_utils.data.drawn_faces.sampling import draw_faces as draw_faces
