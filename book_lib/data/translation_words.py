"""The words of the translation corpus, Chinese and English side by side; book_lib.data.translation reads these tables."""

PRONOUNS = {  # subject, object, owner, number
    "我": ("i", "me", "my", "i"),
    "你": ("you", "you", "your", "plural"),
    "他": ("he", "him", "his", "one"),
    "她": ("she", "her", "her", "one"),
    "我们": ("we", "us", "our", "plural"),
    "他们": ("they", "them", "their", "plural"),
}
# noun, measure word, one, many, adjectives that may stand before it (or -), and "own" where "my …" is said of it
NOUNS = """老师 位 teacher teachers - own; 学生 个 student students - own; 医生 位 doctor doctors - own
孩子 个 child children - own; 女孩 个 girl girls - -; 画家 位 painter painters - -; 农民 位 farmer farmers - -
朋友 位 friend friends - own; 动物 个 animal animals - -; 猫 只 cat cats 大小白黑 own; 狗 只 dog dogs 大小白黑 own
鸟 只 bird birds 大小白黑 own; 马 匹 horse horses 白黑 own; 兔子 只 rabbit rabbits 大小白黑 own; 牛 头 cow cows 大小 own
猴子 只 monkey monkeys 大小 -; 大象 头 elephant elephants - -; 熊 只 bear bears 大小黑 -; 狐狸 只 fox foxes 大小白 -
老虎 只 tiger tigers 大小 -; 机器人 个 robot robots 大小新旧 own; 鱼 条 fish fish 大小 own; 书 本 book books 新旧 own
信 封 letter letters - own; 报纸 份 newspaper newspapers 旧 own; 论文 篇 paper papers 新 own
苹果 个 apple apples 大小红 own; 香蕉 根 banana bananas 大小 own; 蛋糕 个 cake cakes 大小 own; 鸡蛋 个 egg eggs 大小 own
茶 杯 cup_of_tea cups_of_tea - -; 咖啡 杯 cup_of_coffee cups_of_coffee - -; 牛奶 杯 cup_of_milk cups_of_milk - -
车 辆 car cars 新旧红 own; 自行车 辆 bicycle bicycles 新旧红 own; 帽子 顶 hat hats 新旧红白黑大小 own
花 朵 flower flowers 大小红白 own; 桌子 张 table tables 大小新旧 own; 椅子 把 chair chairs 大小新旧 own
电脑 台 computer computers 新旧 own; 箱子 个 box boxes 大小旧 own"""
FIELDS = {
    "机器学习": "machine learning",
    "深度学习": "deep learning",
    "机器翻译": "machine translation",
    "目标检测": "object detection",
    "图像分类": "image classification",
    "自注意力": "self-attention",
}
GROUPS = {
    "people": "老师 学生 医生 孩子 女孩 画家 农民 朋友",
    "pets": "猫 狗 鸟 马 兔子",
    "wild": "猴子 大象 熊 狐狸 老虎",
    "reading": "书 信 报纸 论文",
    "food": "苹果 香蕉 蛋糕 鸡蛋",
    "drinks": "茶 咖啡 牛奶",
    "goods": "车 自行车 帽子 桌子 椅子 电脑",
    "fields": " ".join(FIELDS),
}
# verb: base, third person, past, participle, -ing | who | what | where | verb in the passive (negated: the last) | forms, if not all
VERBS = """读 read reads read read reading | people | reading | 图书馆 公园 学校 花园 房间 | |
写 write writes wrote written writing | people | 书 信 论文 | 图书馆 学校 房间 | |
买 buy buys bought bought buying | people | 书 报纸 food 咖啡 花 | 商店 | 买走 |
买 buy buys bought bought buying | people | goods | 商店 | 买走 | past past_not progressive will will_not want
卖 sell sells sold sold selling | 农民 画家 女孩 | food goods 花 | 商店 | 卖掉 |
洗 wash washes washed washed washing | people 机器人 | 车 自行车 帽子 苹果 椅子 | 花园 | 洗干净 |
吃 eat eats ate eaten eating | people 猫 狗 熊 狐狸 猴子 | food 鱼 | 厨房 公园 花园 | 吃 吃掉 |
喝 drink drinks drank drunk drinking | people | drinks | 厨房 公园 房间 | 喝掉 |
修 repair repairs repaired repaired repairing | people 机器人 | 车 自行车 电脑 桌子 椅子 | 花园 学校 | 修好 |
搬 move moves moved moved moving | people 机器人 | 桌子 椅子 箱子 | | 搬走 | past past_not progressive will will_not want
画 draw draws drew drawn drawing | people 机器人 | pets wild 牛 花 | 公园 花园 学校 房间 | |
咬 bite bites bit bitten biting | 狗 猫 狐狸 老虎 | pets 帽子 苹果 | 公园 花园 | 咬 | past past_not
追 chase chases chased chased chasing | 猫 狗 狐狸 老虎 | pets 猴子 | 公园 花园 森林 | |
偷 steal steals stole stolen stealing | 猴子 狐狸 猫 狗 熊 | food 鱼 | 厨房 商店 | 偷 偷走 | past past_not progressive present
看见 see sees saw seen seeing | people | people pets wild 牛 | 公园 花园 学校 森林 | | past past_not
帮助 help helps helped helped helping | people 机器人 | people | 学校 图书馆 | | past past_not progressive present will will_not want
喜欢 like likes liked liked liking | people pets wild | pets 牛 food 花 | | | simple simple_not
喜欢 like likes liked liked liking | people | reading drinks goods wild fields | | | simple simple_not
学习 study studies studied studied studying | people 机器人 | fields | 学校 图书馆 | | past past_not present simple will want
研究 research researches researched researched researching | people | fields | 学校 | | past progressive simple simple_not will want
教 teach teaches taught taught teaching | 老师 朋友 | fields | 学校 | | progressive present simple simple_not will want"""
PAST = {"昨天": "yesterday", "昨天晚上": "last night", "今天早上": "this morning"}
HABIT = {"每天": "every day", "每天早上": "every morning", "每天晚上": "every evening"}
FUTURE = {"明天": "tomorrow", "明天早上": "tomorrow morning", "明天晚上": "tomorrow evening"}
FORMS = {  # what stands before and after the Chinese verb, times, how the object may be named
    "past": (("",), "了", PAST, ("one", "some", "this", "own")),
    "past_not": (("没有", "没"), "", PAST, ("bare", "this", "own")),
    "present": (("",), "", HABIT, ("general",)),
    "simple": (("",), "", {}, ("general", "general", "this", "own")),
    "simple_not": (("不",), "", {}, ("general",)),
    "progressive": (("正在",), "", {}, ("one", "this", "own")),
    "will": (("会",), "", FUTURE, ("one", "some", "this", "own")),
    "will_not": (("不会",), "", FUTURE, ("this", "own")),
    "want": (("想",), "", {}, ("one", "some", "this", "own")),
}
PLACES = {  # a place, its preposition and name, and what is found there
    "公园里": ("in the park", "pets people 花"),
    "花园里": ("in the garden", "pets 孩子 花 桌子 椅子"),
    "森林里": ("in the forest", "wild 鸟 兔子 动物"),
    "学校里": ("in the school", "老师 学生 孩子 电脑 桌子 椅子"),
    "图书馆里": ("in the library", "老师 学生 reading 电脑 桌子"),
    "房间里": ("in the room", "猫 狗 孩子 医生 桌子 椅子 电脑 箱子 机器人"),
    "厨房里": ("in the kitchen", "food 猫 桌子 椅子 箱子"),
    "商店里": ("in the shop", "goods food 花 农民 孩子"),
    "箱子里": ("in the box", "书 信 food 帽子 猫 兔子"),
    "桌子上": ("on the table", "reading food 帽子 电脑 花"),
    "河里": ("in the river", "鱼 动物 狗"),
}
ATTRIBUTES = {"大": "big", "小": "small", "白": "white", "黑": "black", "红": "red", "新": "new", "旧": "old"}
NUMBERS = {"两": "two", "三": "three", "四": "four", "五": "five", "几": "several"}
# adjective, English, comparative, what it is said of
ADJECTIVES = """大 big bigger pets wild 桌子 椅子 food; 小 small smaller pets wild 桌子 椅子 food; 贵 expensive more_expensive goods food 书
便宜 cheap cheaper goods food 书; 新 new newer goods; 旧 old older goods; 漂亮 beautiful more_beautiful 花 pets 车 自行车 帽子
高 tall taller people; 年轻 young younger people; 聪明 clever more_clever people pets wild; 快 fast faster 车 自行车 电脑 pets wild
重 heavy heavier 桌子 椅子 箱子 pets wild; 有趣 interesting more_interesting reading fields; 难 difficult more_difficult fields
有用 useful more_useful fields 电脑 书; 长 long longer 信 论文 书; 可爱 cute cuter pets 孩子; 强壮 strong stronger people wild 马"""
# 因为它太…了: the situation, English, its object, who may be in it | adjectives of the agent | adjectives of the object
ALL, HUNTERS = "动物 猫 狗 鸟 马 兔子 牛 猴子 大象 熊 狐狸 老虎 机器人", "动物 猫 狗 熊 狐狸 老虎"
CLIMBERS, LIVING, STRONG = "动物 猫 猴子 熊 老虎 机器人", ALL.replace(" 机器人", ""), "动物 狗 马 牛 猴子 大象 熊 机器人"
FEELINGS = "累:tired 困:sleepy 害怕:afraid 懒:lazy 老:old 慢:slow 虚弱:weak 紧张:nervous 饿:hungry"
SITUATIONS = f"""过 cross 马路 road {ALL} | {FEELINGS} | 宽:wide 滑:slippery 危险:dangerous 吵:noisy
过 cross 河 river {ALL} | {FEELINGS} 小:small | 宽:wide 深:deep 冷:cold 危险:dangerous 脏:dirty
过 cross 桥 bridge {ALL} | {FEELINGS} 重:heavy 大:big 胖:fat | 窄:narrow 滑:slippery 长:long 危险:dangerous
吃 eat 苹果 apple {LIVING.replace(" 老虎", "")} | 累:tired 困:sleepy 饱:full 懒:lazy 紧张:nervous | 酸:sour 硬:hard 脏:dirty
吃 eat 蛋糕 cake 动物 狗 猴子 熊 狐狸 大象 | 累:tired 困:sleepy 饱:full 懒:lazy 紧张:nervous | 甜:sweet 硬:hard 脏:dirty
吃 eat 鱼 fish {HUNTERS} | 累:tired 困:sleepy 饱:full 懒:lazy 紧张:nervous | 咸:salty 臭:smelly 脏:dirty
喝 drink 汤 soup {LIVING} | 累:tired 困:sleepy 饱:full 懒:lazy 紧张:nervous | 咸:salty 热:hot 冷:cold 酸:sour
搬 move 箱子 box {STRONG} | {FEELINGS} 小:small | 重:heavy 大:big 滑:slippery 脏:dirty
推 push 车 car {STRONG} | {FEELINGS} 小:small | 重:heavy 大:big 脏:dirty
进 enter 箱子 box 动物 猫 狗 兔子 猴子 狐狸 机器人 | {FEELINGS} 大:big 胖:fat | 小:small 黑:dark 窄:narrow
进 enter 房间 room {ALL} | {FEELINGS} 大:big 胖:fat | 小:small 黑:dark 热:hot 冷:cold 吵:noisy
爬 climb 树 tree {CLIMBERS} | {FEELINGS} 重:heavy 大:big 胖:fat | 高:tall 滑:slippery
爬 climb 山 mountain {LIVING.replace("鸟 ", "")} | {FEELINGS} 重:heavy 胖:fat | 高:high 陡:steep 危险:dangerous
跳过 jump_over 墙 wall {ALL.replace("鸟 ", "").replace("大象 ", "")} | {FEELINGS} 重:heavy 胖:fat 小:small 矮:short | 高:high 宽:wide
穿过 walk_through 森林 forest {ALL} | {FEELINGS} 小:small | 密:dense 黑:dark 危险:dangerous
抓住 catch 兔子 rabbit {HUNTERS} | 累:tired 困:sleepy 懒:lazy 老:old 慢:slow 饱:full 胖:fat | 快:fast 聪明:clever
抓住 catch 鱼 fish {HUNTERS} | 累:tired 困:sleepy 懒:lazy 老:old 慢:slow 饱:full 胖:fat | 快:fast 滑:slippery
上 board 船 boat {ALL.replace("鸟 ", "")} | {FEELINGS} 重:heavy 大:big | 小:small 满:full 危险:dangerous"""
NEVER = {  # adjectives nobody says of this agent
    "机器人": "累 困 害怕 懒 老 紧张 虚弱 饿 饱 胖",
    "鸟": "重 大 胖",
    "兔子": "重 大",
    "大象": "小 虚弱 快",
    "熊": "小",
}
