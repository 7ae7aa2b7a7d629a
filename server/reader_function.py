"""The reader of single pictures as a Lambda function: `python -m awslambdaric server.reader_function.handler`.

The models are loaded as the module is imported: that is the phase of a cold start in which Lambda gives a whole core.
"""

from anpr import bootstrap
from functions.api.aws.host import LambdaHandler
from functions.api.groups.reader import GROUP
from functions.api.services.reader import ReaderServices
from gpu_worker.service.picture_reader import ReaderSettings, build_picture_reader
from gpu_worker.vision.settings import VisionSettings

# A function answers one request at a time.
_READER = build_picture_reader(VisionSettings(threads=1), ReaderSettings(at_once=1))

handler = LambdaHandler(GROUP, lambda: ReaderServices.around(_READER, bootstrap.database()))
