"""Planned pieces one after another without an end: to a MIDI port, to numbered files, or to a page on this machine.

What it is: `programme` says which pieces, `Workshop` composes them in a process of its own while others are heard,
`broadcast` hands each to the channel that lets it be heard (`MidiChannel`, `PageChannel`).
"""

from __future__ import annotations

from composer.radio.aired import Aired, RadioWishes, air, numbered
from composer.radio.channels import Channel, broadcast
from composer.radio.midi_port import MidiChannel, open_port
from composer.radio.programme import Item, programme, usable_forms
from composer.radio.server import PageChannel
from composer.radio.workshop import Workshop

__all__ = [
    "Aired",
    "Channel",
    "Item",
    "MidiChannel",
    "PageChannel",
    "RadioWishes",
    "Workshop",
    "air",
    "broadcast",
    "numbered",
    "open_port",
    "programme",
    "usable_forms",
]
