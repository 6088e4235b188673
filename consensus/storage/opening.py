"""Reading the log at start: which segments count, what is a torn tail, what is damage, and what is done about it.

A torn tail was never synced, and is cut. Damage was. Without `repair` it is `LogDamaged`; with it the log ends before
the damage, what follows is set aside as `damaged-<n>-<name>` for inquiry, and `lost` says from where other validators
must refill it. Nothing is guessed: whether anything acknowledged is gone is for the mark in the safety file to tell.
"""

from collections.abc import Callable
from dataclasses import dataclass

from consensus.entry import Entry, Tip, first_tip
from consensus.errors import LogDamaged, LogOfOtherChain
from consensus.safety import Mark
from consensus.storage import format as layout
from consensus.storage.files import Directory
from consensus.storage.segment import SUFFIX, Segment, segment_name

SET_ASIDE_MAX = 16
"""Files kept for inquiry; further damaged ones are dropped, or a disk that goes on rotting would be full one day."""

_ASIDE = "damaged-"


@dataclass(frozen=True, slots=True)
class Lost:
    """Entries from `first_index` on may have been here and are not any more; `set_aside` are the files to inquire."""

    first_index: int
    reason: LogDamaged
    set_aside: tuple[str, ...]

    def __str__(self) -> str:
        kept = ", ".join(self.set_aside) or "nothing"
        return f"entries from {self.first_index} on; set aside: {kept}; {self.reason}"


class Opening:
    """Reads a directory once; afterwards `segments` are the log (none: a new one), and the rest what became of it.

    The driver of this class syncs the newest segment and the directory before anything is built upon them.
    """

    def __init__(
        self,
        directory: Directory,
        chain_id: bytes,
        acknowledged: Mark,
        *,
        repair: bool,
        keep: Callable[[Entry], None],
    ) -> None:
        self._directory = directory
        self._chain_id = chain_id
        self._acknowledged = acknowledged
        self._repair = repair
        self._keep = keep
        self.segments: list[Segment] = []
        self.next_number = 1
        self.cut_bytes = 0
        self._reasons: list[LogDamaged] = []
        self._aside: list[str] = []

    @property
    def lost(self) -> Lost | None:
        """What damage took away; None if there was none."""
        return Lost(self._tip.index + 1, self._reasons[0], tuple(self._aside)) if self._reasons else None

    def run(self) -> None:
        """Read everything; OSError as it comes."""
        names = [name for name in self._directory.names() if name.endswith(SUFFIX)]
        found = [segment for name in names if not name.startswith(_ASIDE) and (segment := self._open(name)) is not None]
        live = self._without_void(found)
        for place, segment in enumerate(live):
            following = live[place + 1] if place + 1 < len(live) else None
            if self.segments and segment.before != self._tip:
                self._damaged(segment.name, 0, f"it does not follow {_show(self._tip)}", None, live[place:])
                return
            self.segments.append(segment)
            fault = self._read(segment, following)
            if fault:
                self._damaged(segment.name, segment.end, fault, segment, live[place + 1 :])
                return

    @property
    def _tip(self) -> Tip:
        return self.segments[-1].tip if self.segments else first_tip(self._chain_id)

    def _open(self, name: str) -> Segment | None:
        """A segment with nothing but its header read; None if that is damaged and repaired by doing without."""
        stem = name.removesuffix(SUFFIX)
        if stem.isdecimal():
            self.next_number = max(self.next_number, int(stem) + 1)
        file = self._directory.open(name)
        try:
            header = layout.decode_segment_header(file.read(0, layout.SEGMENT_HEADER_SIZE))
            if segment_name(header.number) != name:
                raise layout.BadBytes(f"it is the segment {header.number}")
        except layout.BadBytes as error:
            file.close()
            reason = LogDamaged(f"{self._directory.path}/{name}", 0, str(error))
            if not self._repair:
                raise reason from None
            self._reasons.append(reason)
            self._set_aside(name)
            return None
        if header.chain_id != self._chain_id:
            raise LogOfOtherChain(f"{self._directory.path}/{name}")
        return Segment(header.number, file, header.before, header.begins)

    def _without_void(self, found: list[Segment]) -> list[Segment]:
        """The segments that count, by number: a later one voids all that begin where it begins or after.

        The void are removed; should a power cut bring one back, it is void again: whatever voids it stays until the
        directory has been synced for a still newer one.
        """
        live: list[Segment] = []
        for segment in found:
            while live and (segment.begins or live[-1].before.index >= segment.before.index):
                void = live.pop()
                void.file.close()
                self._directory.remove(void.name)
            live.append(segment)
        return live

    def _read(self, segment: Segment, following: Segment | None) -> str:
        """Read records up to where the following segment takes over; returns what is damaged, "" if nothing."""
        size = segment.file.size()
        while segment.end < size and (following is None or segment.tip.index < following.before.index):
            try:
                self._keep(segment.read_next())
            except layout.BadBytes as error:
                if following is not None:
                    return f"{error}, and a later segment exists"
                return self._judge_tail(segment, size, str(error))
        if following is not None and segment.tip.index < following.before.index:
            return f"it ends with {_show(segment.tip)}, and {following.name} begins with {following.before.index + 1}"
        return ""

    def _judge_tail(self, segment: Segment, size: int, fault: str) -> str:
        """Cut a torn tail; returns why it is damage if it is."""
        tip = segment.tip
        if Mark(tip.term, tip.index) < self._acknowledged:
            return f"{fault}, and {_show(self._acknowledged)} was acknowledged"
        later = layout.find_later_record(segment.file.read(segment.end, size - segment.end), tip.index + 1)
        if later is not None:
            return f"{fault}, and a later entry stands at {segment.end + later}"
        segment.file.truncate(segment.end)
        self.cut_bytes = size - segment.end
        return ""

    # Damage.

    def _damaged(self, name: str, offset: int, what: str, cut: Segment | None, after: list[Segment]) -> None:
        """Refuse, or end the log where it is sound: `cut` loses its end, the segments `after` are set aside."""
        reason = LogDamaged(f"{self._directory.path}/{name}", offset, what)
        if not self._repair:
            raise reason
        self._reasons.append(reason)
        if cut is not None and cut.file.size() > cut.end:
            self._copy_aside(cut)
        for segment in reversed(after):
            segment.file.close()
            self._set_aside(segment.name)
        if cut is not None:
            cut.file.truncate(cut.end)

    def _set_aside(self, name: str) -> None:
        aside = self._aside_name(name)
        if aside:
            self._directory.rename(name, aside)
        else:
            self._directory.remove(name)

    def _copy_aside(self, segment: Segment) -> None:
        """A copy, since the sound part of the file goes on being used."""
        aside = self._aside_name(segment.name)
        if aside:
            file = self._directory.create(aside)
            file.write(0, segment.file.read(0, segment.file.size()))
            file.sync()
            file.close()
            # Before the original is cut.
            self._directory.sync()

    def _aside_name(self, name: str) -> str:
        """Where to keep a damaged file, "" when enough are kept."""
        numbers = [int(known.split("-")[1]) for known in self._directory.names() if known.startswith(_ASIDE)]
        if len(numbers) >= SET_ASIDE_MAX:
            return ""
        self._aside.append(f"{_ASIDE}{max(numbers, default=0) + 1}-{name}")
        return self._aside[-1]


def _show(place: Tip | Mark) -> str:
    return f"entry {place.term}/{place.index}"
