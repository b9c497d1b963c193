"""What gunicorn serves: `gunicorn dashboard.wsgi:server`."""

from config.settings import settings
from dashboard.app import create_app
from dashboard.web import static

server = create_app(settings())
static.compress_in_background(server)
