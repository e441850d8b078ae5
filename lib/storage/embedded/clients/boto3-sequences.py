"""What programs do with boto3, one sequence a function: boto3-sequences.py <endpoint> <region> <sequence>.

The keys are in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. A sequence works in a bucket of its own and fails with a
traceback and exit code 1.
"""
import base64, datetime, hashlib, io, os, sys, threading, urllib.error, urllib.request, zlib

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.client import Config
from botocore.exceptions import ClientError

endpoint, region, sequence = sys.argv[1:4]
options = dict(endpoint_url=endpoint, region_name=region)
s3 = boto3.client("s3", **options)
bucket = "boto3-" + sequence.replace("_", "-")
part = 5 * 1024 * 1024


def refused(code, call, **arguments):
    """Calls and expects S3's code, or the HTTP status where an answer has no body to tell one."""
    try:
        call(**arguments)
    except ClientError as error:
        found = (error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"])
        assert code in found, f"{found} instead of {code}"
        return
    raise AssertionError(f"{call} was not refused with {code}")


def with_headers(**headers):
    """A client that adds headers this version of boto3 has no arguments for."""
    client = boto3.client("s3", **options)

    def add(request, **_):
        for name, value in headers.items():
            request.headers[name.replace("_", "-")] = value

    client.meta.events.register("before-sign.s3", add)
    return client


def body(key, **more):
    return s3.get_object(Bucket=bucket, Key=key, **more)["Body"].read()


def status(url, **more):
    try:
        with urllib.request.urlopen(urllib.request.Request(url, **more)) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def buckets():
    other = bucket + "-other"
    place = {"LocationConstraint": region}
    refused(404, s3.head_bucket, Bucket=other)
    s3.create_bucket(Bucket=other, CreateBucketConfiguration=place)
    s3.get_waiter("bucket_exists").wait(Bucket=other)
    refused("BucketAlreadyOwnedByYou", s3.create_bucket, Bucket=other, CreateBucketConfiguration=place)
    abroad = {"LocationConstraint": "eu-west-1"}
    refused("IllegalLocationConstraintException", s3.create_bucket, Bucket="abroad", CreateBucketConfiguration=abroad)
    for name in ["a..b", "192.168.1.1", "-abc", "abc-", "xn--abc", "abc-s3alias", "Abc", "a_b"]:
        refused("InvalidBucketName", s3.create_bucket, Bucket=name, CreateBucketConfiguration=place)
    assert s3.get_bucket_location(Bucket=other)["LocationConstraint"] == region
    assert other in [one["Name"] for one in s3.list_buckets()["Buckets"]]
    assert "Status" not in s3.get_bucket_versioning(Bucket=other)
    s3.put_object(Bucket=other, Key="x", Body=b"")
    refused("BucketNotEmpty", s3.delete_bucket, Bucket=other)
    boto3.resource("s3", **options).Bucket(other).object_versions.delete()
    s3.create_multipart_upload(Bucket=other, Key="never finished")
    s3.delete_bucket(Bucket=other)
    s3.get_waiter("bucket_not_exists").wait(Bucket=other)


def keys():
    names = [
        "한글/바다 사진.jpg", "a b+c%d%20.txt", "../../etc/passwd", "a/../b", "./x", "//double//slash", "Case", "case",
        "x" * 1024, "제" * 341, "q?a=b&c#d", "tilde~!*'();:@&=$,/[]", "emoji📷", "é", "e\u0301", "end/", "...", "%2e%2e/",
        "back\\slash", "new\nline", "return\r", " lead and trail ", "&amp;<>\"", "a&#10;b",
    ]
    for name in names:
        s3.put_object(Bucket=bucket, Key=name, Body=name.encode())
    listed = [one["Key"] for one in s3.list_objects_v2(Bucket=bucket)["Contents"]]
    assert listed == sorted(names, key=str.encode), listed
    for name in names:
        assert body(name) == name.encode()
        url = s3.generate_presigned_url("get_object", Params=dict(Bucket=bucket, Key=name))
        assert urllib.request.urlopen(url).read() == name.encode()
        copy = "copy/" + name[:300]
        s3.copy_object(Bucket=bucket, Key=copy, CopySource=dict(Bucket=bucket, Key=name))
        assert body(copy) == name.encode()
    refused("KeyTooLongError", s3.put_object, Bucket=bucket, Key="x" * 1025, Body=b"")
    refused("NoSuchKey", s3.get_object, Bucket=bucket, Key="nobody")
    refused(404, s3.head_object, Bucket=bucket, Key="nobody")
    gone = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": name} for name in names]})
    assert "Errors" not in gone and len(gone["Deleted"]) == len(names)
    assert all(one["Key"].startswith("copy/") for one in s3.list_objects_v2(Bucket=bucket)["Contents"])


def lists():
    names = [f"d{i % 7}/f{i:04}" for i in range(1003)]
    threads = [
        threading.Thread(target=lambda mine: [s3.put_object(Bucket=bucket, Key=one, Body=b"") for one in mine], args=(names[i::8],))
        for i in range(8)
    ]
    for one in threads: one.start()
    for one in threads: one.join()
    for name in ["list_objects_v2", "list_objects"]:
        pages = s3.get_paginator(name)
        sizes = [len(page["Contents"]) for page in pages.paginate(Bucket=bucket)]
        assert sizes == [1000, 3], sizes
        in_twos = pages.paginate(Bucket=bucket, Delimiter="/", PaginationConfig={"PageSize": 2})
        folders = [one["Prefix"] for page in in_twos for one in page.get("CommonPrefixes", [])]
        assert folders == [f"d{i}/" for i in range(7)], folders
    none = s3.list_objects_v2(Bucket=bucket, MaxKeys=0)
    assert (none["KeyCount"], none["IsTruncated"]) == (0, False)
    many = s3.list_objects_v2(Bucket=bucket, MaxKeys=5000)
    assert (many["KeyCount"], many["MaxKeys"], many["IsTruncated"]) == (1000, 1000, True)
    later = s3.list_objects_v2(Bucket=bucket, StartAfter="d3/f0500", MaxKeys=1, FetchOwner=True)["Contents"][0]
    assert later["Key"] == "d3/f0507" and "Owner" in later, later
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket, Prefix="nothing")
    refused("InvalidArgument", s3.list_objects_v2, Bucket=bucket, ContinuationToken="!")
    too_many = {"Objects": [{"Key": str(i)} for i in range(1001)]}
    refused("MalformedXML", s3.delete_objects, Bucket=bucket, Delete=too_many)
    quiet = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": one} for one in names[:1000]], "Quiet": True})
    assert "Deleted" not in quiet and "Errors" not in quiet
    boto3.resource("s3", **options).Bucket(bucket).objects.all().delete()
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0


def ranges_and_conditions():
    s3.put_object(Bucket=bucket, Key="r", Body=b"0123456789")
    for asked, found in {
        "bytes=0-0": b"0", "bytes=2-4": b"234", "bytes=5-": b"56789", "bytes=-3": b"789", "bytes=-100": b"0123456789",
        "bytes=8-100": b"89", "bytes=4-2": b"0123456789", "bytes=0-1,3-4": b"0123456789", "nonsense": b"0123456789",
    }.items():
        assert body("r", Range=asked) == found, asked
    for asked in ["bytes=10-", "bytes=20-30", "bytes=-0"]:
        refused("InvalidRange", s3.get_object, Bucket=bucket, Key="r", Range=asked)
    head = s3.head_object(Bucket=bucket, Key="r")
    etag, now = head["ETag"], head["LastModified"]
    before = now - datetime.timedelta(hours=1)
    this = dict(Bucket=bucket, Key="r")
    for call in [s3.get_object, s3.head_object]:
        call(**this, IfMatch=etag, IfUnmodifiedSince=before)
        call(**this, IfNoneMatch='"other"', IfModifiedSince=now)
        call(**this, IfModifiedSince=before)
        refused(412, call, **this, IfMatch='"other"')
        refused(412, call, **this, IfUnmodifiedSince=before)
        refused(304, call, **this, IfNoneMatch=etag)
        refused(304, call, **this, IfModifiedSince=now)
    copy = dict(Bucket=bucket, Key="copy", CopySource=dict(Bucket=bucket, Key="r"))
    for condition in [
        dict(CopySourceIfMatch='"other"'), dict(CopySourceIfNoneMatch=etag),
        dict(CopySourceIfModifiedSince=now), dict(CopySourceIfUnmodifiedSince=before),
    ]:
        refused(412, s3.copy_object, **copy, **condition)
    s3.copy_object(**copy, CopySourceIfMatch=etag, CopySourceIfUnmodifiedSince=before)
    new = with_headers(If_None_Match="*")
    refused(412, new.put_object, Bucket=bucket, Key="r", Body=b"")
    refused(412, new.copy_object, **{**copy, "Key": "r", "CopySource": dict(Bucket=bucket, Key="copy")})
    new.put_object(Bucket=bucket, Key="first", Body=b"")
    other = with_headers(If_Match='"other"')
    refused(412, other.put_object, Bucket=bucket, Key="r", Body=b"")
    refused(404, other.put_object, Bucket=bucket, Key="nobody", Body=b"")
    refused(412, other.delete_object, Bucket=bucket, Key="r")
    same = with_headers(If_Match=etag)
    same.delete_object(Bucket=bucket, Key="r")
    refused(404, s3.head_object, **this)


def metadata():
    given = dict(
        ContentType="image/png", CacheControl="no-cache", ContentDisposition='attachment; filename="x"',
        ContentEncoding="gzip", ContentLanguage="ko", Metadata={"foo": "bar", "multi-word": "a b"},
    )
    s3.put_object(Bucket=bucket, Key="m", Body=b"x", **given, Expires=datetime.datetime(2030, 1, 1), Tagging="a=b&c=d%20e")
    head = s3.head_object(Bucket=bucket, Key="m")
    assert {name: head[name] for name in given} == given, head
    assert "2030" in str(head.get("Expires", head.get("ExpiresString")))
    source = dict(Bucket=bucket, Key="m")
    s3.copy_object(Bucket=bucket, Key="same", CopySource=source)
    head = s3.head_object(Bucket=bucket, Key="same")
    assert {name: head[name] for name in given} == given
    tags = s3.get_object_tagging(Bucket=bucket, Key="same")["TagSet"]
    assert tags == [{"Key": "a", "Value": "b"}, {"Key": "c", "Value": "d e"}], tags
    s3.copy_object(Bucket=bucket, Key="new", CopySource=source, MetadataDirective="REPLACE", Metadata={"n": "1"}, ContentType="text/plain")
    head = s3.head_object(Bucket=bucket, Key="new")
    assert (head["Metadata"], head["ContentType"], "CacheControl" in head) == ({"n": "1"}, "text/plain", False)
    refused("InvalidRequest", s3.copy_object, Bucket=bucket, Key="m", CopySource=source)
    s3.copy_object(Bucket=bucket, Key="m", CopySource=source, MetadataDirective="REPLACE", Metadata={"z": "1"})
    assert body("m") == b"x" and s3.head_object(Bucket=bucket, Key="m")["Metadata"] == {"z": "1"}
    refused("NoSuchKey", s3.copy_object, Bucket=bucket, Key="y", CopySource=dict(Bucket=bucket, Key="nobody"))
    refused("NoSuchBucket", s3.copy_object, Bucket=bucket, Key="y", CopySource=dict(Bucket="no-such", Key="m"))
    refused("MetadataTooLarge", s3.put_object, Bucket=bucket, Key="y", Body=b"", Metadata={"a": "x" * 2100})
    refused("InvalidTag", s3.put_object, Bucket=bucket, Key="y", Body=b"", Tagging="&".join(f"{i}=" for i in range(11)))
    answer = s3.get_object(Bucket=bucket, Key="m", ResponseContentType="text/x", ResponseCacheControl="c", ResponseContentDisposition="d")
    assert (answer["ContentType"], answer["CacheControl"], answer["ContentDisposition"]) == ("text/x", "c", "d")
    s3.put_object_tagging(Bucket=bucket, Key="m", Tagging={"TagSet": [{"Key": "한글", "Value": "값"}]})
    assert s3.get_object(Bucket=bucket, Key="m")["TagCount"] == 1
    s3.delete_object_tagging(Bucket=bucket, Key="m")
    assert s3.get_object_tagging(Bucket=bucket, Key="m")["TagSet"] == []


def multipart():
    data = os.urandom(part) * 2 + b"tail"
    this = dict(Bucket=bucket, Key="한글/parts")
    upload = s3.create_multipart_upload(**this, ContentType="video/x", Metadata={"a": "b"})["UploadId"]
    this["UploadId"] = upload
    cut = {1: data[:part], 2: data[part:2 * part], 3: data[2 * part:], 4: b"never chosen"}
    etags = {i: s3.upload_part(**this, PartNumber=i, Body=cut[i])["ETag"] for i in [1, 3, 4, 2]}
    pages = s3.get_paginator("list_parts").paginate(**this, PaginationConfig={"PageSize": 1})
    assert [one["PartNumber"] for page in pages for one in page.get("Parts", [])] == [1, 2, 3, 4]

    def complete(*parts):
        chosen = {"Parts": [{"PartNumber": i, "ETag": etag} for i, etag in parts]}
        return s3.complete_multipart_upload(**this, MultipartUpload=chosen)["ETag"]

    def not_completed(code, *parts):
        refused(code, lambda: complete(*parts))

    not_completed("InvalidPartOrder", (2, etags[2]), (1, etags[1]))
    not_completed("InvalidPart", (1, etags[1]), (2, '"00000000000000000000000000000000"'))
    not_completed("InvalidPart", (1, etags[1]), (7, etags[2]))
    not_completed("EntityTooSmall", (1, etags[1]), (3, etags[3]), (4, etags[4]))
    not_completed("MalformedXML")
    refused(404, s3.head_object, Bucket=bucket, Key="한글/parts")
    whole = hashlib.md5(b"".join(bytes.fromhex(etags[i].strip('"')) for i in [1, 2, 3])).hexdigest()
    chosen = [(i, etags[i]) for i in [1, 2, 3]]
    assert complete(*chosen) == f'"{whole}-3"'
    assert complete(*chosen) == f'"{whole}-3"', "asked again by a client that lost the answer"
    answer = s3.get_object(Bucket=bucket, Key="한글/parts")
    assert answer["Body"].read() == data and answer["ContentType"] == "video/x" and answer["Metadata"] == {"a": "b"}
    for call in [s3.list_parts, s3.abort_multipart_upload]:
        refused("NoSuchUpload", call, **this)
    refused("NoSuchUpload", s3.upload_part, **this, PartNumber=1, Body=b"")
    for first, last in [(part - 3, part + 3), (0, 0), (2 * part - 1, 2 * part + 3), (1, 2 * part + 1)]:
        assert body("한글/parts", Range=f"bytes={first}-{last}") == data[first:last + 1]
    second = s3.get_object(Bucket=bucket, Key="한글/parts", PartNumber=2)
    assert second["Body"].read() == cut[2] and second["PartsCount"] == 3
    s3.copy_object(Bucket=bucket, Key="copy", CopySource=dict(Bucket=bucket, Key="한글/parts"))
    s3.delete_object(Bucket=bucket, Key="한글/parts")
    assert body("copy") == data
    upload = s3.create_multipart_upload(Bucket=bucket, Key="copied")["UploadId"]
    this = dict(Bucket=bucket, Key="copied", UploadId=upload, CopySource=dict(Bucket=bucket, Key="copy"))
    one = s3.upload_part_copy(**this, PartNumber=1, CopySourceRange=f"bytes=3-{part + 9}")["CopyPartResult"]["ETag"]
    two = s3.upload_part_copy(**this, PartNumber=2)["CopyPartResult"]["ETag"]
    refused("InvalidArgument", s3.upload_part_copy, **this, PartNumber=3, CopySourceRange="bytes=5-99999999")
    chosen = {"Parts": [{"PartNumber": 1, "ETag": one}, {"PartNumber": 2, "ETag": two}]}
    s3.complete_multipart_upload(Bucket=bucket, Key="copied", UploadId=upload, MultipartUpload=chosen)
    assert body("copied") == data[3:part + 10] + data
    begun = ["u/a", "u/a", "u/b/1", "u/b/2", "u/c", "v"]
    for key in begun:
        s3.create_multipart_upload(Bucket=bucket, Key=key)
    folder = s3.list_multipart_uploads(Bucket=bucket, Prefix="u/", Delimiter="/")
    assert [one["Key"] for one in folder["Uploads"]] == ["u/a", "u/a", "u/c"]
    assert [one["Prefix"] for one in folder["CommonPrefixes"]] == ["u/b/"]
    pages = s3.get_paginator("list_multipart_uploads").paginate(Bucket=bucket, PaginationConfig={"PageSize": 1})
    open_uploads = [one for page in pages for one in page.get("Uploads", [])]
    assert [one["Key"] for one in open_uploads] == begun
    for one in open_uploads:
        s3.abort_multipart_upload(Bucket=bucket, Key=one["Key"], UploadId=one["UploadId"])
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=bucket)


def transfers():
    config = TransferConfig(multipart_threshold=6 << 20, multipart_chunksize=5 << 20, max_concurrency=4)
    data = os.urandom(11_000_003)

    class Pipe(io.RawIOBase):
        """Neither seekable nor of known length."""
        inner = io.BytesIO(data)
        def readable(self): return True
        def read(self, size=-1): return self.inner.read(size)

    s3.upload_fileobj(io.BytesIO(data), bucket, "seekable", Config=config, ExtraArgs={"ContentType": "x/y"})
    s3.upload_fileobj(Pipe(), bucket, "pipe", Config=config)
    s3.copy(dict(Bucket=bucket, Key="seekable"), bucket, "copy", Config=config)
    for key in ["seekable", "pipe", "copy"]:
        found = io.BytesIO()
        s3.download_fileobj(bucket, key, found, Config=config)
        assert found.getvalue() == data, key
    streamed = s3.get_object(Bucket=bucket, Key="copy")["Body"]
    assert b"".join(streamed.iter_chunks(100_000)) == data
    s3.get_waiter("object_exists").wait(Bucket=bucket, Key="copy")
    s3.delete_object(Bucket=bucket, Key="copy")
    s3.get_waiter("object_not_exists").wait(Bucket=bucket, Key="copy")


def checksums():
    data = os.urandom(part) + b"end"
    computed = {
        "CRC32": lambda text: zlib.crc32(text).to_bytes(4, "big"),
        "SHA1": lambda text: hashlib.sha1(text).digest(),
        "SHA256": lambda text: hashlib.sha256(text).digest(),
    }
    for name, digest in computed.items():
        field, this = "Checksum" + name, dict(Bucket=bucket, Key=name)
        value = base64.b64encode(digest(b"hello")).decode()
        assert s3.put_object(**this, Body=b"hello", ChecksumAlgorithm=name)[field] == value
        assert s3.get_object(**this, ChecksumMode="ENABLED")[field] == value
        upload = s3.create_multipart_upload(**this, ChecksumAlgorithm=name)["UploadId"]
        parts = []
        for number, piece in enumerate([data[:part], data[part:]], 1):
            sent = s3.upload_part(**this, UploadId=upload, PartNumber=number, Body=piece, ChecksumAlgorithm=name)
            parts.append({"PartNumber": number, "ETag": sent["ETag"], field: sent[field]})
        wrong = [{**parts[0], field: parts[1][field]}, parts[1]]
        refused("InvalidPart", s3.complete_multipart_upload, **this, UploadId=upload, MultipartUpload={"Parts": wrong})
        done = s3.complete_multipart_upload(**this, UploadId=upload, MultipartUpload={"Parts": parts})
        joined = b"".join(base64.b64decode(one[field]) for one in parts)
        assert done[field] == base64.b64encode(digest(joined)).decode() + "-2", done
        assert s3.head_object(**this, ChecksumMode="ENABLED")[field] == done[field]
    this = dict(Bucket=bucket, Key="refused", Body=b"x")
    refused("BadDigest", s3.put_object, **this, ContentMD5=base64.b64encode(bytes(16)).decode())
    refused("InvalidDigest", s3.put_object, **this, ContentMD5="abc")
    refused("BadDigest", s3.put_object, **this, ChecksumSHA256=base64.b64encode(bytes(32)).decode())
    refused(404, s3.head_object, Bucket=bucket, Key="refused")


def signed_addresses():
    s3.put_object(Bucket=bucket, Key="r", Body=b"read")
    sign = s3.generate_presigned_url
    put = sign("put_object", Params=dict(Bucket=bucket, Key="p", ContentType="image/png", Metadata={"x": "y"}), ExpiresIn=60)
    headers = {"Content-Type": "image/png", "x-amz-meta-x": "y"}
    assert status(put, method="PUT", data=b"abc", headers=headers) == 200
    assert s3.head_object(Bucket=bucket, Key="p")["Metadata"] == {"x": "y"}
    assert status(put, method="PUT", data=b"abc", headers={**headers, "Content-Type": "text/html"}) == 403
    get = sign("get_object", Params=dict(Bucket=bucket, Key="r"))
    assert status(get) == 200 and status(get + "0") == 403 and status(get, method="DELETE") == 403
    assert status(sign("head_object", Params=dict(Bucket=bucket, Key="r")), method="HEAD") == 200
    assert status(sign("delete_object", Params=dict(Bucket=bucket, Key="p")), method="DELETE") == 204
    for path in ["", f"/{bucket}", f"/{bucket}/r"]:
        assert status(endpoint + path) == 403
    wrong = boto3.client("s3", **options, aws_access_key_id=os.environ["AWS_ACCESS_KEY_ID"], aws_secret_access_key="wrong")
    refused("SignatureDoesNotMatch", wrong.list_buckets)
    nobody = boto3.client("s3", **options, aws_access_key_id="NOBODY", aws_secret_access_key="wrong")
    refused("InvalidAccessKeyId", nobody.list_buckets)
    abroad = boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1")
    assert abroad.get_object(Bucket=bucket, Key="r")["Body"].read() == b"read"
    assert status(abroad.generate_presigned_url("get_object", Params=dict(Bucket=bucket, Key="r"))) == 200


def forms():
    def post(form, data, filename="a.jpg"):
        edge = "----edge"
        fields = "".join(f'--{edge}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in form["fields"].items())
        file = f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="{filename}"\r\n\r\n'
        text = (fields + file).encode() + data + f"\r\n--{edge}--\r\n".encode()
        return status(form["url"], method="POST", data=text, headers={"Content-Type": f"multipart/form-data; boundary={edge}"})

    form = s3.generate_presigned_post(
        bucket, "post/${filename}", Fields={"Content-Type": "image/jpeg", "x-amz-meta-a": "b"},
        Conditions=[{"Content-Type": "image/jpeg"}, {"x-amz-meta-a": "b"}, ["content-length-range", 1, 100]], ExpiresIn=60,
    )
    assert post(form, b"data", "사진.jpg") == 204
    answer = s3.get_object(Bucket=bucket, Key="post/사진.jpg")
    assert (answer["Body"].read(), answer["ContentType"], answer["Metadata"]) == (b"data", "image/jpeg", {"a": "b"})
    assert post(form, b"d" * 101) == 400 and post(form, b"") == 400
    form["fields"]["key"] = "elsewhere"
    assert post(form, b"data") == 403
    # Without a region of its own boto3 signs by version 2.
    older = boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1").generate_presigned_post(bucket, "older")
    assert post(older, b"data") == 204 and body("older") == b"data"
    changed = {**older, "fields": {**older["fields"], "policy": older["fields"]["policy"][:-4] + "AAAA"}}
    assert post(changed, b"data") == 403
    older["fields"]["key"] = "elsewhere"
    assert post(older, b"data") == 403


def host_names():
    """The bucket in the host name; every name below localhost leads to this machine."""
    import socket
    found = socket.getaddrinfo
    socket.getaddrinfo = lambda host, *rest, **more: found("127.0.0.1" if host.endswith("localhost") else host, *rest, **more)
    address = endpoint.replace("127.0.0.1", "localhost")
    hosted = boto3.client("s3", endpoint_url=address, region_name=region, config=Config(s3={"addressing_style": "virtual"}))
    hosted.put_object(Bucket=bucket, Key="한글 +", Body=b"v")
    assert hosted.list_objects_v2(Bucket=bucket)["Contents"][0]["Key"] == "한글 +"
    url = hosted.generate_presigned_url("get_object", Params=dict(Bucket=bucket, Key="한글 +"))
    assert f"//{bucket}.localhost:" in url and urllib.request.urlopen(url).read() == b"v"


def what_is_not_there():
    s3.put_object(Bucket=bucket, Key="r", Body=b"")
    this = dict(Bucket=bucket, Key="r")
    for call, more in [
        (s3.get_bucket_lifecycle_configuration, {}), (s3.get_bucket_website, {}), (s3.get_bucket_logging, {}),
        (s3.get_bucket_replication, {}), (s3.put_bucket_policy, dict(Policy="{}")), (s3.get_bucket_encryption, {}),
        (s3.put_bucket_versioning, dict(VersioningConfiguration={"Status": "Enabled"})),
    ]:
        refused(501, call, Bucket=bucket, **more)
    refused(501, s3.put_object, **this, ServerSideEncryption="AES256")
    refused(501, s3.restore_object, **this, RestoreRequest={"Days": 1})
    refused(501, s3.get_object_torrent, **this)
    refused(501, s3.get_object_legal_hold, **this)
    refused("InvalidStorageClass", s3.put_object, **this, StorageClass="GLACIER")
    refused("AccessControlListNotSupported", s3.put_object, **this, ACL="public-read")


def django_storages():
    """What S3Boto3Storage sends for save, exists, open, listdir, url, size, get_modified_time and delete."""
    files = boto3.resource("s3", **options).Bucket(bucket)
    thing = files.Object("media/2024/사진 1.jpg")
    refused(404, thing.load)
    thing.upload_fileobj(io.BytesIO(b"picture"), ExtraArgs={"ContentType": "image/jpeg", "CacheControl": "max-age=86400"})
    thing.load()
    assert thing.content_length == 7 and thing.last_modified.tzinfo is not None and thing.content_type == "image/jpeg"
    found = io.BytesIO()
    thing.download_fileobj(found)
    assert found.getvalue() == b"picture"
    begun = thing.initiate_multipart_upload(ContentType="image/jpeg")
    begun.Part(1).upload(Body=b"x" * part)
    begun.Part(2).upload(Body=b"end")
    chosen = [{"ETag": one.e_tag, "PartNumber": one.part_number} for one in begun.parts.all()]
    begun.complete(MultipartUpload={"Parts": chosen})
    assert thing.get()["ContentLength"] == part + 3
    page = s3.get_paginator("list_objects").paginate(Bucket=bucket, Delimiter="/", Prefix="media/")
    assert [one["Prefix"] for each in page for one in each.get("CommonPrefixes", ())] == ["media/2024/"]
    url = files.meta.client.generate_presigned_url("get_object", Params=dict(Bucket=bucket, Key=thing.key), ExpiresIn=3600)
    assert len(urllib.request.urlopen(url).read()) == part + 3
    thing.delete()
    refused(404, thing.load)


if sequence != "buckets":
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": region})
globals()[sequence]()
