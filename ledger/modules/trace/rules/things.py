"""Rules for registering products, sites, plots and vehicles."""

from typing import TypeVar

from msgspec.structs import replace

from ledger.context import Context
from ledger.modules.trace import identifiers
from ledger.modules.trace.errors import AlreadyRegistered, BandEmpty, NetContentWrong, SubjectUnknown, TooMany
from ledger.modules.trace.messages import (
    AuthoriseProducer,
    RegisterPlot,
    RegisterProduct,
    RegisterSite,
    RegisterVehicle,
)
from ledger.modules.trace.ports import Ports
from ledger.modules.trace.rules.common import (
    PORT_RULES,
    RULES,
    check_distinct,
    check_key,
    check_owner,
    journal_organisations,
    need_product,
)
from ledger.modules.trace.state import Plot, Product, Site, Vehicle, banded, plots, products, sites, vehicles
from ledger.roles import HANDLERS, PRODUCERS, Role
from ledger.state import OTHER, SELF, Table
from ledger.text import check_text

PRODUCERS_MAX = 64

_V = TypeVar("_V")


def _register(ctx: Context, table: Table[_V], kind: str, key: str, row: _V) -> None:
    """Write the first row of a thing, journalled to it and to the signer's organisation; raises `AlreadyRegistered`."""
    if table.has(ctx, key):
        raise AlreadyRegistered(f"{kind}:{key}")
    table.put(ctx, key, row, SELF)
    journal_organisations(ctx, ctx.signer.organisation)


def _check_names(name_zh: str, name_en: str) -> None:
    check_text("name_zh", name_zh)
    check_text("name_en", name_en)


@PORT_RULES.rule(RegisterProduct, by=HANDLERS)
def register_product(ports: Ports, ctx: Context, action: RegisterProduct) -> None:
    """A kind of goods, owned by the signer's organisation."""
    check_key("product", action.product, identifiers.check_product)
    _check_names(action.name_zh, action.name_en)
    if (action.measure == "piece") != (action.net_content > 0):
        raise NetContentWrong(action.measure, action.net_content)
    if action.band is not None and action.band.minimum > action.band.maximum:
        raise BandEmpty(action.band.minimum, action.band.maximum)
    check_distinct("producers", action.producers)
    for producer in action.producers:
        ports.organisations.need(ctx, producer)
    row = Product(
        ctx.signer.organisation,
        action.producers,
        action.name_zh,
        action.name_en,
        action.measure,
        action.net_content,
        action.loss_ppm,
        action.band,
    )
    _register(ctx, products, "product", action.product, row)
    if action.band is not None and not banded.has(ctx, action.band.metric):
        banded.put(ctx, action.band.metric, ctx.time_ms)


@PORT_RULES.rule(AuthoriseProducer, by=HANDLERS)
def authorise_producer(ports: Ports, ctx: Context, action: AuthoriseProducer) -> None:
    """Change who besides the owner may commission lots of a product; naming the present state again changes nothing."""
    row = need_product(ctx, action.product)
    check_owner(ctx, f"product:{action.product}", row.owner)
    ports.organisations.need(ctx, action.organisation)
    producers = tuple(producer for producer in row.producers if producer != action.organisation)
    if action.allowed:
        producers = (*producers, action.organisation)
    if len(producers) > PRODUCERS_MAX:
        raise TooMany("producers", PRODUCERS_MAX)
    products.put(ctx, action.product, replace(row, producers=producers), SELF)
    journal_organisations(ctx, row.owner, action.organisation)


@RULES.rule(RegisterSite, by=(*HANDLERS, Role.COMMUNITY))
def register_site(ctx: Context, action: RegisterSite) -> None:
    """A place run by the signer's organisation."""
    check_key("site", action.site, identifiers.check_site)
    _check_names(action.name_zh, action.name_en)
    row = Site(ctx.signer.organisation, action.name_zh, action.name_en, action.latitude, action.longitude)
    _register(ctx, sites, "site", action.site, row)


@RULES.rule(RegisterPlot, by=PRODUCERS)
def register_plot(ctx: Context, action: RegisterPlot) -> None:
    """A piece of land of the signer's organisation, on a site of its own if one is named."""
    _check_names(action.name_zh, action.name_en)
    if action.site is not None:
        site = sites.need(ctx, action.site, SubjectUnknown(f"site:{action.site}"))
        check_owner(ctx, f"site:{action.site}", site.owner)
    row = Plot(
        ctx.signer.organisation,
        action.name_zh,
        action.name_en,
        action.area_m2,
        action.site,
        action.latitude,
        action.longitude,
        action.boundary,
    )
    _register(ctx, plots, "plot", action.plot, row)
    if action.site is not None:
        ctx.journal(f"site:{action.site}", OTHER)


@RULES.rule(RegisterVehicle, by=HANDLERS)
def register_vehicle(ctx: Context, action: RegisterVehicle) -> None:
    """A vehicle run by the signer's organisation."""
    _check_names(action.name_zh, action.name_en)
    row = Vehicle(ctx.signer.organisation, action.name_zh, action.name_en, action.refrigerated)
    _register(ctx, vehicles, "vehicle", action.vehicle, row)
