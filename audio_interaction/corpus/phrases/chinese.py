"""English of the closed language into simplified Chinese, without punctuation or spaces."""

from functools import cache

from audio_interaction.corpus.phrases.translating import Templates
from audio_interaction.corpus.slots import NUMBERS

_NUMBERS = dict(
    zip(
        NUMBERS,
        "零 一 二 三 四 五 六 七 八 九 十 十一 十二".split(),
        strict=True,
    )
)
SOUNDS = {
    "an alarm": "警报声", "a siren": "警笛声", "a horn": "喇叭声", "a bell": "铃声",
    "a phone": "电话声", "a knock": "敲门声", "an explosion": "爆炸声", "a gunshot": "枪声",
    "glass breaking": "玻璃破碎声", "a scream": "尖叫声", "thunder": "雷声",
    "an engine": "发动机声", "a train": "火车声", "a saw": "锯子声", "rain": "雨声",
    "water": "水声", "footsteps": "脚步声", "a dog": "狗叫声", "a rooster": "公鸡叫声",
    "a cow": "牛叫声", "a sheep": "羊叫声", "a bird": "鸟叫声", "a drum": "鼓声",
    "a hammer": "锤子声",
}  # fmt: skip
SLOTS = {
    "country": {
        "france": "法国", "italy": "意大利", "spain": "西班牙", "germany": "德国",
        "japan": "日本", "egypt": "埃及", "russia": "俄罗斯", "england": "英国",
        "greece": "希腊", "norway": "挪威",
    },
    "city": {
        "paris": "巴黎", "rome": "罗马", "madrid": "马德里", "berlin": "柏林", "tokyo": "东京",
        "cairo": "开罗", "moscow": "莫斯科", "london": "伦敦", "athens": "雅典", "oslo": "奥斯陆",
    },
    "word": {
        "hot": "热", "cold": "冷", "big": "大", "small": "小", "fast": "快", "slow": "慢",
        "high": "高", "low": "低", "day": "白天", "night": "夜晚", "black": "黑", "white": "白",
    },
    "thing": {
        "the sky": "天空", "grass": "草", "snow": "雪", "a banana": "香蕉", "blood": "血",
        "coal": "煤", "a carrot": "胡萝卜",
    },
    "animal": {"dog": "狗", "bird": "鸟", "cow": "牛", "duck": "鸭子"},
    "day": {
        "monday": "星期一", "tuesday": "星期二", "wednesday": "星期三", "thursday": "星期四",
        "friday": "星期五", "saturday": "星期六", "sunday": "星期天",
    },
    "month": {
        "january": "一月", "february": "二月", "march": "三月", "april": "四月", "may": "五月",
        "june": "六月", "july": "七月", "august": "八月", "september": "九月", "october": "十月",
        "november": "十一月", "december": "十二月",
    },
    "number": _NUMBERS,
    # Before a measure word two is 两, not 二.
    "amount": {
        "two": "两", "three": "三", "five": "五", "ten": "十", "fifteen": "十五", "twenty": "二十",
        "thirty": "三十",
    },
    "unit": {"minutes": "分钟", "seconds": "秒"},
    "name": {
        "anna": "安娜", "tom": "汤姆", "mary": "玛丽", "john": "约翰", "peter": "彼得",
        "lucy": "露西",
    },
    "device": {
        "lamp": "台灯", "light": "电灯", "fan": "风扇", "radio": "收音机", "heater": "暖气",
    },
    "room": {
        "kitchen": "厨房", "bedroom": "卧室", "bathroom": "浴室", "garage": "车库",
        "office": "办公室",
    },
    "opening": {"door": "门", "window": "窗户"},
    "style": {
        "jazz": "爵士乐", "rock": "摇滚乐", "piano": "钢琴曲", "dance": "舞曲", "folk": "民谣",
    },
    "food": {
        "milk": "牛奶", "bread": "面包", "sugar": "糖", "coffee": "咖啡", "rice": "大米",
        "butter": "黄油",
    },
    "when": {
        "yesterday": "昨天", "last night": "昨晚", "on monday": "星期一", "on friday": "星期五",
        "on sunday": "星期天",
    },
    "sound": SOUNDS,
}  # fmt: skip

TEMPLATES = (
    ("what is the capital of {country}", "{country}的首都是什么"),
    ("which city is the capital of {country}", "哪个城市是{country}的首都"),
    ("tell me the capital of {country}", "告诉我{country}的首都"),
    ("which country has the capital {city}", "哪个国家的首都是{city}"),
    ("what is the opposite of {word}", "{word}的反义词是什么"),
    ("tell me the opposite of {word}", "告诉我{word}的反义词"),
    ("what color is {thing}", "{thing}是什么颜色"),
    ("what is the color of {thing}", "{thing}的颜色是什么"),
    ("which day comes after {day}", "{day}之后是星期几"),
    ("which month comes after {month}", "{month}之后是几月"),
    ("which number comes after {number}", "{number}之后是什么数字"),
    ("how many legs does a {animal} have", "{animal}有几条腿"),
    ("turn on the {device} in the {room}", "打开{room}的{device}"),
    ("turn off the {device} in the {room}", "关掉{room}的{device}"),
    ("switch the {device} in the {room} on", "打开{room}的{device}"),
    ("switch the {device} in the {room} off", "关掉{room}的{device}"),
    ("open the {opening} in the {room}", "打开{room}的{opening}"),
    ("close the {opening} in the {room}", "关上{room}的{opening}"),
    ("set a timer for {amount} {unit}", "设一个{amount}{unit}的计时器"),
    ("set an alarm for {number}", "设一个{number}点的闹钟"),
    ("wake me at {number}", "{number}点叫醒我"),
    ("set the volume to {number}", "把音量调到{number}"),
    ("call {name}", "给{name}打电话"),
    ("i want to call {name}", "我想给{name}打电话"),
    ("send a message to {name}", "给{name}发一条消息"),
    ("i want to send a message to {name}", "我想给{name}发一条消息"),
    ("remind me to call {name} on {day}", "提醒我{day}给{name}打电话"),
    ("play some {style} music", "放一些{style}"),
    ("i want {style} music", "我想听{style}"),
    ("play {style} music in the {room}", "在{room}放{style}"),
    ("add {food} and {food2} to the list", "把{food}和{food2}加到清单上"),
    ("add {food} to the list", "把{food}加到清单上"),
    ("put {food} on the list", "把{food}写到清单上"),
    ("we need {food}", "我们需要{food}"),
    ("the {device} in the {room} is old", "{room}的{device}是旧的"),
    ("the {device} in the {room} is new", "{room}的{device}是新的"),
    ("the {device} in the {room} is broken", "{room}的{device}坏了"),
    ("the {device} in the {room} is on", "{room}的{device}开着"),
    ("the {device} in the {room} is off", "{room}的{device}关着"),
    ("{name} turned on the {device} in the {room}", "{name}打开了{room}的{device}"),
    ("{name} turned off the {device} in the {room}", "{name}关掉了{room}的{device}"),
    ("the {opening} in the {room} was open {when}", "{room}的{opening}{when}开着"),
    ("the {opening} in the {room} was closed {when}", "{room}的{opening}{when}关着"),
    ("{name} knows the capital of {country}", "{name}知道{country}的首都"),
    ("we were in {city} last {month}", "我们去年{month}在{city}"),
    ("{name} will be in {city} on {day}", "{name}{day}会在{city}"),
    ("{name} called me {when}", "{name}{when}给我打了电话"),
    ("{name} sent a message to {name2}", "{name}给{name2}发了一条消息"),
    ("{name} plays {style} music", "{name}演奏{style}"),
    ("the {food} is on the list", "{food}在清单上"),
    ("the timer was set for {amount} minutes", "计时器设了{amount}分钟"),
    ("{day} was a hot day", "{day}很热"),
    ("{day} was a cold day", "{day}很冷"),
    ("{name} was here in {month}", "{name}{month}在这里"),
    ("i heard {sound} {when}", "我{when}听到了{sound}"),
)

_templates = Templates(TEMPLATES, SLOTS, polite="请{}")
template = _templates.template


@cache
def to_chinese(text: str) -> str | None:
    """The translation of a sentence of the closed language, or None if no template covers it."""
    return _templates.translate(text)
