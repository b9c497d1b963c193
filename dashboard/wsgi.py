"""What gunicorn serves: `gunicorn dashboard.wsgi:server`."""

from config.settings import settings
from dashboard import static
from dashboard.app import create_app

server = create_app(settings())
static.compress_in_background(server)
