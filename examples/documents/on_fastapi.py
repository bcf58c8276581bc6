"""The service of ``on_flask`` for FastAPI. ``UNICACHE_URL=valkey://localhost uvicorn on_fastapi:app``"""

from typing import Annotated, Any

from fastapi import Body, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

from unicache.errors import KeyExists, KeyNotFound, OperationTimeout, StoreUnavailable
from unicache_asyncio import Cache

STATUS = {KeyNotFound: 404, KeyExists: 409, StoreUnavailable: 503, OperationTimeout: 503}

Document = Annotated[Any, Body()]

app = FastAPI()
cache = Cache.from_env(namespace="documents", ttl="1h")


@app.get("/documents/{key}")
async def read(key: str) -> Any:
    return (await cache.entry(key)).value


@app.post("/documents/{key}")
async def create(key: str, document: Document) -> Any:
    await cache.insert(key, document)
    return {"key": key}


@app.put("/documents/{key}")
async def write(key: str, document: Document) -> Any:
    await cache.set(key, document)
    return {"key": key}


@app.delete("/documents/{key}")
async def remove(key: str) -> Any:
    if not await cache.delete(key):
        raise KeyNotFound(key=key)
    return {"key": key}


async def failed(_: Request, error: Exception) -> JSONResponse:
    status = next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)
    return JSONResponse({"error": type(error).__name__}, status)


@app.exception_handler(400)
@app.exception_handler(RequestValidationError)
async def no_json(_: Request, __: Exception) -> JSONResponse:
    return JSONResponse({"error": "BadRequest"}, 400)


for kind in STATUS:
    app.add_exception_handler(kind, failed)
