"""What a network of so many validators survives, in numbers and in words: said where people choose how many."""

from dataclasses import dataclass

from ledger.certificate import quorum


@dataclass(frozen=True)
class Survival:
    """What `validators` of them with a quorum of `quorum` survive.

    `crashes`: so many may be down and records still become final. `liars`: so many may sign anything they like and
    there are still no two certificates of one height (two quorums share 2q - n members, more than the liars).
    """

    validators: int
    quorum: int
    crashes: int
    liars: int

    @classmethod
    def of(cls, validators: int) -> "Survival":
        """What a network of `validators` survives. Requires validators >= 1."""
        needed = quorum(validators)
        return cls(validators, needed, validators - needed, 2 * needed - validators - 1)

    def words(self) -> tuple[str, str]:
        """What its members must know, in Chinese and English."""
        if self.validators == 1:
            zh = "只有一个验证节点：它停机则全网停，它若作恶无人能阻止；仅供试用或单一主体"
            en = "one validator: the network stops with it, and nobody can stop it from lying; for trials or one party"
            return zh, en
        zh = f"{self.validators} 个验证节点，法定数 {self.quorum}："
        zh += f"可承受 {self.crashes} 个停机；" if self.crashes else "任何一个停机，全网即等待；"
        en = f"{self.validators} validators, quorum {self.quorum}: "
        en += f"it survives {self.crashes} down; " if self.crashes else "it waits as soon as one is down; "
        if self.liars == 0:
            zh += "但一个说谎者即可造成分叉；互不信任者请至少用 4 个"
            en += "but one liar, signing twice, can fork it: those who do not trust each other need at least 4"
            return zh, en
        zh += f"{self.liars} 个说谎者不能造成分叉（但一个就可能使其停顿）"
        en += f"{self.liars} liar{'s' if self.liars > 1 else ''} cannot fork it (but one may halt it)"
        return zh, en

    @property
    def warns(self) -> bool:
        """Whether one liar could fork it."""
        return self.liars == 0
