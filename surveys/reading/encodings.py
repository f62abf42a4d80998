"""From bytes to text: strictly, and only where no other reading of the bytes is as likely."""

import codecs
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from surveys.reading.refusal import refused


SAMPLE_BYTES = 200_000  # of lines that are not plain ASCII, on which candidates are judged
MARKS = (  # byte order marks; the four-byte ones first, they begin like the two-byte ones
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
CUT_OFF = 3  # bytes at the end that may be half a character
HANGUL_FREQUENT = frozenset(
    "이다는에의가을하고지한로를사기은도리대자어인시나해아서들라그정일있수보구게장과면원부제스전조으만적상주거교동여안전성공국"
    "회생비오여소우마신것야없미당내요년세치선무음모방문업되개았었할때않습니까분할간살못말람함께경통안양유운용연역님남김박최강"
)
HAN_SIMPLIFIED_FREQUENT = frozenset(
    "的一是不了人我在有他这中大来上国个到说们为子和你地出道也时年得就那要下以生会自着去之过家学对可她里后小么心多天而能好都然没日"
    "于起还发成事只作当想看文无开手十用主行方又如前所本见经头面公同三已老从动两长知民样现分将外但身些与高意进把法此实回二理美点月"
    "明其种声全工己话儿者向情部正名定女问力机给等几很业最间新什打便位因重被走电四第门相次东政海口使教西再平真听世气信北少关并内加"
    "化由却代军产入先山五太水万市眼体别处总才场师书比住员九笑性通目华报立马命张活难神数件安表原车白应路期叫死常提感金何更反合放做"
)
HAN_TRADITIONAL_FREQUENT = frozenset(
    "的一是不了人我在有他這中大來上國個到說們為子和你地出道也時年得就那要下以生會自著去之過家學對可她里後小麼心多天而能好都然沒日"
    "於起還發成事只作當想看文無開手十用主行方又如前所本見經頭面公同三已老從動兩長知民樣現分將外但身些與高意進把法此實回二理美點月"
    "明其種聲全工己話兒者向情部正名定女問力機給等幾很業最間新什打便位因重被走電四第門相次東政海口使教西再平真聽世氣信北少關並內加"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodedText:
    """The text of a file and the encoding it was in."""

    text: str
    encoding: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """An encoding, and a judge that says from 0 to 1 how much its reading looks like language."""

    name: str
    codec: str
    judge: Callable[[str], float]


def decode(content: bytes) -> DecodedText:
    """The text of ``content``, exactly as its bytes say.

    Raises
    ------
    FileRefused
        No text, damaged text, or an encoding that cannot be told for certain.
    """
    for mark, encoding in MARKS:
        if content.startswith(mark):
            return DecodedText(text=_strictly(content[len(mark) :], encoding), encoding=encoding)
    if b"\x00" in content:
        return _wide(content)
    if b"\x1b" in content:
        raise refused("encoding_unknown")
    try:
        return DecodedText(text=content.decode("utf-8"), encoding="utf-8")
    except UnicodeDecodeError as error:
        if error.start >= len(content) - CUT_OFF and error.reason == "unexpected end of data":
            raise refused("text_cut_off") from error
    return _guessed(content)


def _strictly(content: bytes, encoding: str) -> str:
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        raise refused("text_damaged", encoding=encoding.upper()) from error
    if "\x00" in text:
        raise refused("text_nul")
    return text


def _wide(content: bytes) -> DecodedText:
    """UTF-16 without a mark: plain characters leave every other byte empty."""
    sample = content[:4096]
    for encoding, empty in (("utf-16-le", sample[1::2]), ("utf-16-be", sample[::2])):
        other = sample[::2] if encoding == "utf-16-le" else sample[1::2]
        if empty.count(0) > len(empty) * 0.4 and other.count(0) == 0:
            return DecodedText(text=_strictly(content, encoding), encoding=encoding)
    raise refused("text_nul")


def _guessed(content: bytes) -> DecodedText:
    sample = _telling_lines(content)
    readings: dict[str, tuple[float, str]] = {}
    for candidate in CANDIDATES:
        try:
            text = sample.decode(candidate.codec)
        except UnicodeDecodeError:
            continue
        score = candidate.judge(text) if _clean(text) else 0.0
        if score > readings.get(text, (0.0, ""))[0]:
            readings[text] = (score, candidate.name)
    ranked = sorted(readings.values(), reverse=True)
    if not ranked or ranked[0][0] < PLAUSIBLE:
        raise refused("encoding_unknown")
    if len(ranked) > 1 and ranked[1][0] > ranked[0][0] * RIVAL:
        raise refused("encoding_ambiguous", encodings=", ".join(name for _, name in ranked[:2]))
    name = ranked[0][1]
    codec = next(candidate.codec for candidate in CANDIDATES if candidate.name == name)
    return DecodedText(text=_strictly(content, codec), encoding=name)


def _telling_lines(content: bytes) -> bytes:
    lines: list[bytes] = []
    size = 0
    for match in re.finditer(rb"[^\r\n]*[\x80-\xff][^\r\n]*[\r\n]*", content):
        lines.append(match.group())
        size += len(lines[-1])
        if size > SAMPLE_BYTES:
            break
    return b"".join(lines)


def _clean(text: str) -> bool:
    """No characters that no text has: controls, private use, unassigned."""
    return not any(
        character > "\x7e" and unicodedata.category(character) in ("Cc", "Co", "Cn", "Cs")
        for character in set(text)
    )


def _letters(text: str) -> list[str]:
    return [
        character for character in text if character > "\x7f" and unicodedata.category(character)[0] in "LM"
    ]


def _share(characters: list[str], of: Callable[[str], bool]) -> float:
    return sum(map(of, characters)) / len(characters) if characters else 0.0


def _korean(text: str) -> float:
    letters = _letters(text)
    hangul = _share(letters, lambda character: "가" <= character <= "힣")
    standard = _share(letters, lambda character: len(_encoded(character, "euc-kr")) == 2)
    if hangul < 0.9 or standard < 0.97:
        return 0.0
    return min(1.0, 3 * _share(letters, HANGUL_FREQUENT.__contains__))


def _encoded(character: str, codec: str) -> bytes:
    return character.encode(codec, "ignore")


def _chinese(frequent: frozenset[str], common: Callable[[str], bool]) -> Callable[[str], float]:
    def judge(text: str) -> float:
        letters = _letters(text)
        han = _share(letters, lambda character: "一" <= character <= "鿿")
        if han < 0.9 or _share(letters, common) < 0.9:
            return 0.0
        return min(1.0, 3 * _share(letters, frequent.__contains__))

    return judge


def _common_simplified(character: str) -> bool:
    return b"\xb0\xa1" <= _encoded(character, "gb2312") <= b"\xf7\xfe"


def _common_traditional(character: str) -> bool:
    return b"\xa4\x40" <= _encoded(character, "big5") <= b"\xc6\x7e"


def _japanese(text: str) -> float:
    letters = _letters(text)
    kana = _share(letters, lambda character: "ぁ" <= character <= "ヿ")
    half_width = _share(letters, lambda character: "ｦ" <= character <= "ﾟ")
    han = _share(letters, lambda character: "一" <= character <= "鿿")
    return min(1.0, 2.5 * kana) if half_width < 0.05 and kana + han > 0.9 else 0.0


THAI_WORD = re.compile(r"(?:[เ-ไ]?[ก-ฮ](?:[ัิ-ฺ็])?(?:[่-๋])?[์ํ๎]?[ะาำๅ]?[่-๋]?|[ะาำๅๆฯ]|[๐-๙฿])+")


def _thai(text: str) -> float:
    runs = re.findall(r"[฀-๿]+", text)
    letters = _letters(text)
    if not runs or _share(letters, lambda character: "฀" <= character <= "๿") < 0.95:
        return 0.0
    if sum(len(run) == 1 for run in runs) > 0.5 * sum(map(len, runs)):
        return 0.0  # nobody writes Thai one letter at a time
    well_formed = sum(len(run) for run in runs if THAI_WORD.fullmatch(run)) / sum(map(len, runs))
    marks = _share(
        letters, lambda character: unicodedata.category(character) == "Mn" or character in "ะาำเแโใไ"
    )
    return well_formed if 0.15 < marks < 0.7 else 0.0


def _one_script(first: str, last: str, frequent: str) -> Callable[[str], float]:
    def judge(text: str) -> float:
        letters = _letters(text)
        own = _share(letters, lambda character: first <= character <= last)
        mixed = re.findall(rf"[A-Za-z][{first}-{last}]|[{first}-{last}][A-Za-z]", text)
        lone = re.findall(rf"(?<![{first}-{last}])[{first}-{last}](?![{first}-{last}])", text)
        if own < 0.97 or len(mixed) > 0.02 * len(letters) or len(lone) > 0.5 * len(letters):
            return (
                0.0  # a lone letter between words of another script is that script's own, as in "à la radio"
            )
        odd_case = len(re.findall(rf"(?<=[{first}-{last}])[А-ЯЁ](?=[а-яё])", text)) / max(len(letters), 1)
        if odd_case > 0.03:
            return 0.0
        return min(1.0, 1.6 * _share(letters, frozenset(frequent).__contains__))

    return judge


# Accented letters that the languages of Western Europe write; others betray another encoding.
WESTERN = frozenset("àâäæçéèêëîïíìñóòôöœùúûüÿßåøãõáÀÂÄÆÇÉÈÊËÎÏÍÌÑÓÒÔÖŒÙÚÛÜŸÅØÃÕÁªº")
PUNCTUATION = frozenset("‘’“”–—…€«»°·¿¡§©®™×½²³ \u00ad•£")
# Capitals and signs where only small letters stand, and the traces of UTF-8 read as something else.
MISREAD = re.compile(
    r"[a-z][À-ÖØ-Þ]|[A-Za-zÀ-ÿ][À-ÖØ-Þ][a-z]|[A-Za-zÀ-ÿ][™•£€§©®×°…·¡«²³][A-Za-zÀ-ÿ]|[ÃÂ][^\w\s]"
)
TURKISH = frozenset("çğıöşüÇĞİÖŞÜâîûÂÎÛ")
VIETNAMESE = frozenset("àáâãèéêìíòóôõùúýăđĩũơưÀÁÂÃÈÉÊÌÍÒÓÔÕÙÚÝĂĐĨŨƠƯ")
TONES = frozenset("\u0300\u0301\u0303\u0309\u0323")


def _latin(allowed: frozenset[str], *, with_punctuation_alone: bool = True) -> Callable[[str], float]:
    def judge(text: str) -> float:
        foreign = [character for character in text if character > "\x7f"]
        letters = [character for character in foreign if character not in PUNCTUATION]
        if any(character not in allowed for character in letters):
            return 0.0
        if MISREAD.search(text):
            return 0.0
        words = [word for word in re.findall(r"[^\W\d_]+", text) if not word.isascii()]
        plain = sum(character < "\x80" for word in words for character in word)
        accented = sum(map(len, words)) - plain
        if not words and not with_punctuation_alone:
            return 0.0
        return 1.0 if plain >= accented else 0.0

    return judge


def _vietnamese(text: str) -> float:
    foreign = [character for character in text if character > "\x7f" and character not in PUNCTUATION]
    if any(character not in VIETNAMESE and character not in TONES for character in foreign):
        return 0.0
    marks = [match.start() for match in re.finditer(f"[{''.join(sorted(TONES))}]", text)]
    on_vowels = sum(position > 0 and text[position - 1] in "aeiouyAEIOUYâêôăơưÂÊÔĂƠƯ" for position in marks)
    telling = len(marks) + sum(text.count(letter) for letter in "đơưăĐƠƯĂ")
    return 1.0 if on_vowels == len(marks) and telling else 0.0


PLAUSIBLE = 0.5  # a reading must look at least this much like language
RIVAL = 0.5  # and its rival less than this share of it
CANDIDATES = (
    Candidate("cp949", "cp949", _korean),
    Candidate("gb18030", "gb18030", _chinese(HAN_SIMPLIFIED_FREQUENT, _common_simplified)),
    Candidate("big5", "cp950", _chinese(HAN_TRADITIONAL_FREQUENT, _common_traditional)),
    Candidate("shift_jis", "cp932", _japanese),
    Candidate("euc-jp", "euc_jp", _japanese),
    Candidate("windows-874", "cp874", _thai),
    Candidate("windows-1258", "cp1258", _vietnamese),
    Candidate("windows-1252", "cp1252", _latin(WESTERN)),
    Candidate("windows-1254", "cp1254", _latin(TURKISH)),
    Candidate("macintosh", "mac_roman", _latin(WESTERN, with_punctuation_alone=False)),
    Candidate("cp437", "cp437", _latin(WESTERN, with_punctuation_alone=False)),
    Candidate("cp850", "cp850", _latin(WESTERN, with_punctuation_alone=False)),
    Candidate("windows-1251", "cp1251", _one_script("Ѐ", "ӿ", "оеаинтсрвлкмдпуОЕАИНТСРВЛКМДПУ")),
    Candidate("windows-1256", "cp1256", _one_script("\u0600", "\u06ff", "اليمنرتوبدسهفکكیي")),
)
