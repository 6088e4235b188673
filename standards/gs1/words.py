"""What each fault is called, in Chinese and English, and what to do about it.

Codes in the first table are those of GS1's reference linters (gs1-syntax-dictionary), so that two systems can compare
their verdicts; those in the second are ours, for texts and URIs as a whole.
"""

from collections.abc import Mapping
from typing import NamedTuple


class Words(NamedTuple):
    """A fault and its remedy; both may name details in braces."""

    zh: str
    en: str
    remedy_zh: str
    remedy_en: str


_VALUES: Mapping[str, Words] = {
    "NON_DIGIT_CHARACTER": Words("只能是数字", "only digits are allowed", "请改为 0-9", "use 0-9"),
    "INVALID_CSET82_CHARACTER": Words(
        "有 GS1 字符集 82 之外的字符",
        "a character outside GS1 character set 82",
        "可用字母、数字与 !\"%&'()*+,-./:;<=>?_",
        "letters, digits and !\"%&'()*+,-./:;<=>?_ may stand here",
    ),
    "INVALID_CSET39_CHARACTER": Words(
        "有 GS1 字符集 39 之外的字符",
        "a character outside GS1 character set 39",
        "可用大写字母、数字与 # - /",
        "capital letters, digits and # - / may stand here",
    ),
    "INVALID_CSET32_CHARACTER": Words(
        "校验字符不在字符集 32 中",
        "a check character outside character set 32",
        "可用 2-9 与 I、O 之外的大写字母",
        "2-9 and capital letters but I and O may stand here",
    ),
    "INVALID_CSET64_CHARACTER": Words(
        "不是 base64url 字符", "not a base64url character", "可用字母、数字与 - _", "use letters, digits, - and _"
    ),
    "INVALID_CSET64_PADDING": Words(
        "末尾的 = 数目不对",
        "the number of = at the end is wrong",
        "补足或去掉 =",
        "complete the padding or leave it out",
    ),
    "INCORRECT_CHECK_DIGIT": Words(
        "校验位 {found} 应为 {expected}",
        "check digit {found} should be {expected}",
        "请核对号码是否抄错",
        "compare the number with its source: a digit is mistyped",
    ),
    "INCORRECT_CHECK_PAIR": Words(
        "校验字符 {found} 应为 {expected}",
        "check characters {found} should be {expected}",
        "请核对号码是否抄错",
        "compare the number with its source: a character is mistyped",
    ),
    "TOO_SHORT_FOR_CHECK_PAIR": Words(
        "太短，没有校验字符", "too short to have check characters", "补上两个校验字符", "add the two check characters"
    ),
    "TOO_SHORT_FOR_GCP": Words(
        "太短，容不下厂商识别代码",
        "too short for a GS1 company prefix",
        "至少 4 位数字开头",
        "begin with 4 digits or more",
    ),
    "INVALID_GCP_PREFIX": Words(
        "开头不是厂商识别代码", "does not begin with a GS1 company prefix", "以数字开头", "begin with its digits"
    ),
    "REQUIRES_NON_DIGIT_CHARACTER": Words(
        "至少要有一个非数字字符", "at least one character must not be a digit", "加一个字母", "add a letter"
    ),
    "INVALID_IMPORT_IDX_CHARACTER": Words(
        "进口商索引只能是字母、数字、- 或 _",
        "an importer index is a letter, a digit, - or _",
        "请改正这一位",
        "correct this character",
    ),
    "ILLEGAL_ZERO_VALUE": Words("不能为零", "must not be zero", "填写实际数值", "give the real figure"),
    "NOT_ZERO": Words("必须为 0", "must be 0", "改为 0", "write 0"),
    "ILLEGAL_ZERO_PREFIX": Words("不能以 0 开头", "must not begin with 0", "去掉开头的 0", "leave out leading zeros"),
    "NOT_ZERO_OR_ONE": Words("只能是 0 或 1", "must be 0 or 1", "0 为否，1 为是", "0 is no, 1 is yes"),
    "INVALID_WINDING_DIRECTION": Words(
        "卷绕方向只能是 0、1 或 9", "a winding direction is 0, 1 or 9", "请改正", "correct it"
    ),
    "NOT_ISO3166": Words(
        "{found} 不是 ISO 3166 三位数字国家代码",
        "{found} is no numeric country code of ISO 3166",
        "中国为 156",
        "look it up: China is 156",
    ),
    "NOT_ISO3166_OR_999": Words(
        "{found} 既不是 ISO 3166 三位数字国家代码，也不是 999",
        "{found} is neither a numeric country code of ISO 3166 nor 999",
        "中国为 156",
        "look it up: China is 156",
    ),
    "NOT_ISO3166_ALPHA2": Words(
        "{found} 不是 ISO 3166 两字母国家代码",
        "{found} is no two-letter country code of ISO 3166",
        "中国为 CN",
        "look it up: China is CN",
    ),
    "NOT_ISO4217": Words(
        "{found} 不是 ISO 4217 三位数字货币代码",
        "{found} is no numeric currency code of ISO 4217",
        "人民币为 156",
        "look it up: the yuan is 156",
    ),
    "IBAN_TOO_SHORT": Words("银行账号太短", "too short for an IBAN", "填写完整账号", "give the whole number"),
    "INVALID_IBAN_CHARACTER": Words(
        "银行账号只有大写字母和数字", "an IBAN has capital letters and digits only", "去掉其他字符", "leave others out"
    ),
    "ILLEGAL_IBAN_COUNTRY_CODE": Words(
        "银行账号开头不是国家代码", "an IBAN begins with a country code", "核对前两位", "check its first two letters"
    ),
    "INCORRECT_IBAN_CHECKSUM": Words(
        "银行账号校验不符", "the checksum of the IBAN is wrong", "请核对账号", "compare the number with its source"
    ),
    "ILLEGAL_MONTH": Words("月份 {found} 不存在", "there is no month {found}", "月份为 01-12", "months are 01-12"),
    "ILLEGAL_DAY": Words("这个月没有 {found} 日", "that month has no day {found}", "核对日期", "correct the date"),
    "ILLEGAL_HOUR": Words("没有 {found} 时", "there is no hour {found}", "小时为 00-23", "hours are 00-23"),
    "ILLEGAL_MINUTE": Words("没有 {found} 分", "there is no minute {found}", "分钟为 00-59", "minutes are 00-59"),
    "ILLEGAL_SECOND": Words("没有 {found} 秒", "there is no second {found}", "秒为 00-59", "seconds are 00-59"),
    "ZERO_PIECE_NUMBER": Words("件号不能为 00", "the piece number is 00", "件号从 01 起", "pieces count from 01"),
    "ZERO_TOTAL_PIECES": Words("总件数不能为 00", "the total of pieces is 00", "总件数从 01 起", "give the total"),
    "PIECE_NUMBER_EXCEEDS_TOTAL": Words(
        "件号 {found} 大于总件数", "piece {found} is beyond the total", "核对件号与总件数", "compare piece and total"
    ),
    "POSITION_IN_SEQUENCE_MALFORMED": Words("须为“序号/总数”", "must be position/total", "例如 1/2", "such as 1/2"),
    "POSITION_EXCEEDS_END": Words("序号大于总数", "the position is beyond the total", "核对", "compare the two"),
    "INVALID_PERCENT_SEQUENCE": Words(
        "% 之后须有两位十六进制数",
        "% must be followed by two hexadecimal digits",
        "% 本身写作 %25",
        "write % itself as %25",
    ),
    "INVALID_LATITUDE": Words(
        "纬度超出范围", "the latitude is out of range", "0000000000-1800000000", "0000000000-1800000000"
    ),
    "INVALID_LONGITUDE": Words(
        "经度超出范围", "the longitude is out of range", "0000000000-3600000000", "0000000000-3600000000"
    ),
    "NOT_HYPHEN": Words("只能是 -", "must be -", "负数以 - 结尾，否则省略", "write - for below zero, else nothing"),
    "INVALID_MEDIA_TYPE": Words(
        "没有介质类型 {found}", "there is no media type {found}", "01-10、80-99", "01-10 or 80-99"
    ),
    "INVALID_PACKAGE_TYPE": Words(
        "没有包装类型 {found}",
        "there is no package type {found}",
        "见 UN/ECE 第 21 号建议书",
        "see UN/ECE Recommendation 21",
    ),
    "INVALID_BIOLOGICAL_SEX_CODE": Words(
        "性别代码只能是 0、1、2 或 9", "a sex code is 0, 1, 2 or 9", "见 ISO/IEC 5218", "see ISO/IEC 5218"
    ),
}

_TEXTS: Mapping[str, Words] = {
    "AI_UNKNOWN": Words(
        "没有应用标识符 {found}", "there is no application identifier {found}", "核对标识符", "correct it"
    ),
    "AI_MISSING": Words(
        "{found} 开头没有应用标识符", "no application identifier begins {found}", "核对数据", "correct the data"
    ),
    "VALUE_EMPTY": Words("没有值", "has no value", "补上值，或去掉这个标识符", "give its value, or leave it out"),
    "VALUE_TOO_SHORT": Words(
        "值只有 {length} 个字符，至少 {least} 个",
        "the value has {length} characters and needs {least}",
        "补足",
        "complete it",
    ),
    "VALUE_TOO_LONG": Words(
        "值有 {length} 个字符，至多 {most} 个",
        "the value has {length} characters and may have {most}",
        "缩短；或之后缺少分隔符 ^",
        "shorten it; or a ^ is missing after it",
    ),
    "VALUE_LENGTH": Words(
        "长度不对：此段须有 {least} 个字符，剩 {length} 个",
        "wrong length: this part needs {least} characters and {length} are left",
        "补足或去掉这一段",
        "complete this part or leave it out",
    ),
    "FNC1_IN_VALUE": Words("值中有 ^", "the value holds ^", "^ 是分隔符，不能在值中", "^ separates values"),
    "MISSING_FNC1": Words("要素串不以 ^ 开头", "the element string does not begin with ^", "以 ^ 开头", "begin with ^"),
    "NO_DATA": Words(
        "没有数据", "there is no data", "至少要有一个应用标识符", "give one application identifier or more"
    ),
    "TOO_MANY_AIS": Words("应用标识符超过 {most} 个", "more than {most} application identifiers", "减少", "use fewer"),
    "TEXT_TOO_LONG": Words("超过 {most} 个字符", "more than {most} characters", "缩短", "shorten it"),
    "BRACKETS_MALFORMED": Words(
        "此处应为 (应用标识符)", "an application identifier in brackets is expected", "例如 (01)", "such as (01)"
    ),
    "AI_REPEATED": Words("重复出现", "stands twice", "每个标识符只写一次", "write each identifier once"),
    "AI_REPEATED_DIFFERENTLY": Words("重复且值不同", "stands twice with different values", "只留一个", "keep one"),
    "AI_NOT_ATTRIBUTE": Words(
        "不能作为链接的属性", "cannot be an attribute of a link", "从查询部分去掉", "leave it out of the query"
    ),
    "AI_BELONGS_IN_PATH": Words(
        "应写在路径中，而不是查询部分", "belongs in the path, not in the query", "移到路径中", "move it into the path"
    ),
    "URI_CHARACTER": Words("网址中不能有 {found}", "a URI cannot hold {found}", "用百分号编码", "percent-encode it"),
    "URI_SCHEME": Words(
        "不以 https:// 或 http:// 开头", "does not begin with https:// or http://", "补上协议", "begin with one"
    ),
    "URI_DOMAIN": Words("域名缺失或不合法", "the domain is missing or malformed", "核对域名", "correct the domain"),
    "URI_NO_KEY": Words(
        "路径中没有 GS1 主标识（如 /01/…）",
        "there is no GS1 primary key in the path (such as /01/...)",
        "核对路径：标识符与值成对",
        "correct the path: identifiers and values in pairs",
    ),
    "URI_NUL": Words("值中有 %00", "the value holds %00", "去掉", "leave it out"),
    "KEY_QUALIFIERS": Words(
        "{found} 不是 ({key}) 允许的限定顺序",
        "{found} is no sequence of qualifiers of ({key})",
        "按标准顺序写限定符，例如 /01/…/22/…/10/…/21/…",
        "write qualifiers in the standard's order, such as /01/.../22/.../10/.../21/...",
    ),
    "NO_PRIMARY_KEY": Words(
        "没有可作主标识的应用标识符",
        "no application identifier here is a primary key",
        "加上 (01) 等",
        "add (01) or another",
    ),
    "STEM": Words(
        "{found} 不能作为链接的开头",
        "{found} cannot begin a link",
        "例如 https://id.gs1.org",
        "such as https://id.gs1.org",
    ),
    "COMPRESSED": Words(
        "不是压缩的 Digital Link", "not a compressed Digital Link", "重新扫码", "scan the code once more"
    ),
    "NOT_IDENTIFIER": Words(
        "既不是 EPC URN，也不是 GS1 Digital Link",
        "neither an EPC URN nor a GS1 Digital Link",
        "核对标识",
        "correct the identifier",
    ),
    "URN": Words(
        "不是合法的 {found} URN", "not a well-formed {found} URN", "核对各段的长度与字符", "check length and characters"
    ),
    "NO_URN": Words(
        "({found}) 没有对应的 EPC URN", "({found}) has no EPC URN", "用 Digital Link", "use the Digital Link"
    ),
    "COMPANY_PREFIX": Words(
        "厂商识别代码长度不明", "the length of the company prefix is not known", "请给出长度（6-12）", "give it (6-12)"
    ),
    "NOT_CONSTRAINED": Words(
        "不是 EPCIS 允许的{kind_zh}标识形式",
        "not the form that EPCIS allows for {kind_en}",
        "用数字标识符、GTIN-14、一个限定符，不带查询与末尾斜线",
        "use numeric identifiers, GTIN-14, one qualifier, no query and no slash at the end",
    ),
    "NUMBER_LENGTH": Words(
        "{length} 位数字不是任何 GS1 标识",
        "no GS1 key has {length} digits",
        "应为 8、12、13、14、17 或 18 位",
        "keys have 8, 12, 13, 14, 17 or 18",
    ),
}

_COUPON_FIELDS = {
    "GCP": ("厂商识别代码", "company prefix"),
    "FORMAT_CODE": ("格式代码", "format code"),
    "FUNDER": ("出资方代码", "funder"),
    "OFFER_CODE": ("优惠代码", "offer code"),
    "SAVE_VALUE": ("优惠金额", "save value"),
    "1ST_PURCHASE_REQUIREMENT": ("第一购买条件", "first purchase requirement"),
    "1ST_PURCHASE_FAMILY_CODE": ("第一购买品类", "first purchase family code"),
    "ADDITIONAL_PURCHASE_RULES_CODE": ("附加购买规则", "additional purchase rules code"),
    "2ND_PURCHASE_REQUIREMENT": ("第二购买条件", "second purchase requirement"),
    "2ND_PURCHASE_FAMILY_CODE": ("第二购买品类", "second purchase family code"),
    "2ND_PURCHASE_GCP": ("第二购买厂商识别代码", "second purchase company prefix"),
    "3RD_PURCHASE_REQUIREMENT": ("第三购买条件", "third purchase requirement"),
    "3RD_PURCHASE_FAMILY_CODE": ("第三购买品类", "third purchase family code"),
    "3RD_PURCHASE_GCP": ("第三购买厂商识别代码", "third purchase company prefix"),
    "SERIAL_NUMBER": ("序列号", "serial number"),
    "RETAILER_GCP_OR_GLN": ("零售商代码", "retailer's company prefix or GLN"),
    "1ST_PURCHASE_REQUIREMENT_CODE": ("第一购买条件代码", "first purchase requirement code"),
    "2ND_PURCHASE_REQUIREMENT_CODE": ("第二购买条件代码", "second purchase requirement code"),
    "3RD_PURCHASE_REQUIREMENT_CODE": ("第三购买条件代码", "third purchase requirement code"),
    "SAVE_VALUE_CODE": ("优惠金额代码", "save value code"),
    "SAVE_VALUE_APPLIES_TO_ITEM": ("优惠适用对象", "item that the save value applies to"),
    "STORE_COUPON_FLAG": ("门店券标记", "store coupon flag"),
    "DONT_MULTIPLY_FLAG": ("不可翻倍标记", "don't-multiply flag"),
}
_COUPON_REMEDY = ("见北美优惠券规范", "see the North American coupon guideline")


def _coupons() -> dict[str, Words]:
    """The faults of coupons (AI 8110, 8112): each field may be missing, wrong in length or value, or cut short."""
    words: dict[str, Words] = {}
    for field, (zh, en) in _COUPON_FIELDS.items():
        words[f"COUPON_MISSING_{field}"] = Words(f"缺少{zh}", f"the {en} is missing", *_COUPON_REMEDY)
        words[f"COUPON_MISSING_{field}_VLI"] = Words(
            f"缺少{zh}的长度", f"the length of the {en} is missing", *_COUPON_REMEDY
        )
        words[f"COUPON_INVALID_{field}"] = Words(f"{zh}不合法", f"the {en} is not allowed", *_COUPON_REMEDY)
        words[f"COUPON_INVALID_{field}_LENGTH"] = Words(
            f"{zh}的长度不合法", f"the length of the {en} is wrong", *_COUPON_REMEDY
        )
        words[f"COUPON_TRUNCATED_{field}"] = Words(f"{zh}不完整", f"the {en} is cut short", *_COUPON_REMEDY)
    for name, zh, en in (("EXPIRATION", "截止日期", "expiration date"), ("START", "开始日期", "start date")):
        words[f"COUPON_TOO_SHORT_FOR_{name}_DATE"] = Words(f"{zh}不完整", f"the {en} is cut short", *_COUPON_REMEDY)
        # GS1's own code for the expiration date is misspelt; kept, so that verdicts compare
        spelt = "EXIPIRATION" if name == "EXPIRATION" else name
        words[f"COUPON_INVALID_{spelt}_DATE"] = Words(f"{zh}不存在", f"the {en} does not exist", *_COUPON_REMEDY)
    words["COUPON_EXPIRATION_BEFORE_START"] = Words("截止早于开始", "it expires before it starts", *_COUPON_REMEDY)
    words["COUPON_EXCESS_DATA"] = Words("末尾有多余数据", "there is data too much at the end", *_COUPON_REMEDY)
    return words


WORDS: Mapping[str, Words] = {**_VALUES, **_TEXTS, **_coupons()}
"""Code -> what it says."""
