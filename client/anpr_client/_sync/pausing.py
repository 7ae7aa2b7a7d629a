"""What waits: by threads here, and asynchronously in the module of this name beside it."""

import threading
import time

Lock = threading.Lock
sleep = time.sleep
