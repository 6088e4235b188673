"""A verified journey as people read it: what happened when, by whom, to what, and what is wrong with it.

Everything told comes out of the verified proof and the trusted genesis file. What they do not hold (the name of an
organisation admitted later, the scale of a logger proven only through its truck) may be given as `more`; without it
keys and bare integers are shown.
"""

from client.journey.entry import READINGS, Entry, FlagRaised
from client.journey.headline import Fact, headline
from client.journey.known import Known, More
from client.journey.text import Clock, decimal
from client.journey.timeline import timeline

__all__ = ["READINGS", "Clock", "Entry", "Fact", "FlagRaised", "Known", "More", "decimal", "headline", "timeline"]
