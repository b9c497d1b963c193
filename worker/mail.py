"""Sends what waits in the outbox, by SMTP."""

import logging
import smtplib
import ssl
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr

from config.settings import Settings
from store.records.people import mail
from store.records.people.addresses import is_address
from store.records.schema import Mail
from store.scope import SYSTEM

log = logging.getLogger(__name__)

AT_ONCE = 50  # of one connection
PATIENCE_S = 20.0
NEVER = range(500, 600)  # replies of a server that means it (RFC 5321, 4.2.1)


def send_due(settings: Settings) -> int:
    """Send the mails that wait, if there is a mail server; returns how many it took."""
    if not settings.smtp_host:
        return 0
    sent = 0
    while due := mail.take_due(SYSTEM, AT_ONCE):
        try:
            with _connected(settings) as server:
                sent += sum(_sent(server, settings, each) for each in due)
        except (OSError, smtplib.SMTPException) as error:
            why = f"the mail server {settings.smtp_host}:{settings.smtp_port} cannot be used: {_words(error)}"
            log.warning("%s", why)
            for each in due:
                mail.was_refused(SYSTEM, each.id, why)
            break
    return sent


def _connected(settings: Settings) -> smtplib.SMTP:
    host, port = settings.smtp_host or "", settings.smtp_port
    context = ssl.create_default_context()
    if settings.smtp_tls == "tls":
        server: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=PATIENCE_S, context=context)
    else:
        server = smtplib.SMTP(host, port, timeout=PATIENCE_S)
    try:
        if settings.smtp_tls == "starttls":
            server.starttls(context=context)
        if settings.smtp_user and settings.smtp_password:
            server.login(settings.smtp_user, settings.smtp_password.get_secret_value())
    except BaseException:
        server.close()
        raise
    return server


def _sent(server: smtplib.SMTP, settings: Settings, each: Mail) -> bool:
    """Whether the server took it; what it says about this mail concerns no other."""
    try:
        # The envelope is ours, not what a server reads out of the head: one sender, one recipient (RFC 5321, 3.3).
        server.send_message(_message(settings, each), from_addr=parseaddr(settings.smtp_from)[1], to_addrs=[each.recipient])
    except smtplib.SMTPServerDisconnected:
        raise
    except (smtplib.SMTPException, ValueError) as error:
        log.warning("mail %s was not taken: %s", each.id, _words(error))
        mail.was_refused(SYSTEM, each.id, _words(error), for_good=_is_final(error))
        return False
    mail.was_sent(SYSTEM, each.id)
    return True


def _message(settings: Settings, each: Mail) -> EmailMessage:
    if not is_address(each.recipient):
        raise ValueError("this is no address")
    message = EmailMessage()
    message["From"] = settings.smtp_from
    message["To"] = Address(addr_spec=each.recipient)
    message["Subject"] = each.subject
    message["Date"] = format_datetime(each.made_at)
    # The same for every try: a server that has it already can tell.
    message["Message-ID"] = f"<{each.id}@{settings.smtp_from.rpartition('@')[2].rstrip('> ')}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(each.text)
    if each.file is not None:
        message.add_attachment(each.file, maintype="application", subtype="pdf", filename=each.file_name)
    return message


def _is_final(error: Exception) -> bool:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code in NEVER for code, _ in error.recipients.values())
    return isinstance(error, ValueError) or (isinstance(error, smtplib.SMTPResponseException) and error.smtp_code in NEVER)


def _words(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return "; ".join(f"{code} {said.decode(errors='replace')}" for code, said in error.recipients.values())
    if isinstance(error, smtplib.SMTPResponseException):
        said = error.smtp_error
        return f"{error.smtp_code} {said.decode(errors='replace') if isinstance(said, bytes) else said}"
    return str(error) or type(error).__name__
