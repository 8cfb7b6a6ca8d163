"""Sessions of emogg: one of which all is known, and one of which hardly anything is."""

from typing import Any

FULL: dict[str, Any] = {
    "title": "Mobile Word Congress Pitch",
    "type": "live_analysis",
    "config": {"removeMedia": True},
    "sources": [
        {
            "id": "c1fcba18-15ec-457c-a1de-fcbb87aeaa0e",
            "name": "Integrated Webcam",
            "type": "video",
            "device": "local_camera",
        },
        {
            "id": "0b9b53b1-8d0c-4b3c-9b0a-0f6b8a3f2a11",
            "name": "Microphone",
            "type": "audio",
            "device": "local_microphone",
        },
        {
            "id": "6b1f1c1e-6a0b-4d9c-8a1c-3f1d2e4b5a66",
            "name": "Screen",
            "type": "video",
            "device": "local_screen",
        },
    ],
    "product": "65946a77408bd7b32c5189a3",
    "user": {"id": "65d7a8fb532f66218ecd4cab"},
}
BARE: dict[str, Any] = {"user": None, "sources": [{"id": "s"}]}
"""Of it nothing is known but a source, and of that nothing but its id."""
