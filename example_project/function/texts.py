"""What visitors are told, in English and in Chinese."""

__all__ = ["choose_language", "say"]

NAMES = {
    "en": {"name": "Your name", "email": "Your email address", "message": "Message"},
    "zh": {"name": "您的姓名", "email": "您的电子邮箱", "message": "留言"},
}
#: Each text in English and in Chinese. ``{field}`` is one of :data:`NAMES`.
TEXTS = {
    "sent": (
        "Thank you. Your message is on its way; we answer by email.",
        "谢谢。您的留言已发出，我们会通过电子邮件回复您。",
    ),
    "name_missing": ("Please tell us your name.", "请填写您的姓名。"),
    "email_missing": (
        "Please give your email address, so that we can answer.",
        "请填写您的电子邮箱，以便我们回复。",
    ),
    "message_missing": ("Please write a message.", "请填写留言。"),
    "email": (
        "This is not an email address. It must look like name@example.com.",
        "电子邮箱格式不正确，正确的格式如 name@example.com。",
    ),
    "one_line": (
        "{field}: write it on one line, without line breaks or tabs.",
        "{field}：请写在一行内，不要使用换行或制表符。",
    ),
    "not_text": ("{field}： this is not text.", "{field}：内容不是文本。"),
    "too_long": (
        "{field}: this has {length} characters; {limit} are allowed.",
        "{field}：共 {length} 个字符，最多 {limit} 个。",
    ),
    "too_large": (
        "The message is too large: {limit} bytes are allowed.",
        "留言过大，最多 {limit} 字节。",
    ),
    "unreadable": (
        "The request cannot be read. Please send the form of the website.",
        "无法读取请求，请使用网站上的表单。",
    ),
    "content_type": (
        "Send application/x-www-form-urlencoded or application/json.",
        "请使用 application/x-www-form-urlencoded 或 application/json。",
    ),
    "length": (
        "The request does not say how long it is (Content-Length).",
        "请求缺少 Content-Length。",
    ),
    "method": ("Use POST.", "请使用 POST。"),
    "origin": (
        "This form does not take messages from that website.",
        "此表单不接受来自该网站的留言。",
    ),
    "too_many": (
        "Too many messages in a short time. Please try again in {minutes} min.",
        "短时间内留言过多，请在 {minutes} 分钟后重试。",
    ),
    "lost": (
        "We are sorry: your message could not be sent. Please try again later.",
        "很抱歉，您的留言未能发送，请稍后重试。",
    ),
    "unsure": (
        "We are sorry: we do not know whether your message was sent. Please wait for"
        " our answer before you send it again.",
        "很抱歉，我们无法确定您的留言是否已发送。请先等待我们的回复，不要立即重发。",
    ),
    "broken": (
        "We are sorry: this form does not work at the moment.",
        "很抱歉，此表单暂时无法使用。",
    ),
}


def choose_language(accepted):
    """Return ``"zh"`` or ``"en"``: what the header ``Accept-Language`` has first."""
    return "zh" if accepted.strip().lower().startswith("zh") else "en"


def say(language, text, *, field=None, **values):
    """Return the text named ``text`` in ``language``, with its places filled."""
    sentence = TEXTS[text][language == "zh"]
    return sentence.format(field=NAMES[language].get(field, ""), **values)
