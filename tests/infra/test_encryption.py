"""What lies still is encrypted, and by whose key; docs/decisions/0004-encryption-keys.md says why."""

import pytest

from tests.infra.conftest import Template

Stacks = dict[str, dict[str, Template]]


def test_the_production_database_has_a_key_of_its_own_that_rotates_and_stays(assemblies: Stacks) -> None:
    database = assemblies["prod"]["database"]
    [cluster] = database.of_type("AWS::RDS::DBCluster").values()
    [(name, key)] = database.of_type("AWS::KMS::Key").items()

    assert cluster["StorageEncrypted"] is True
    assert cluster["KmsKeyId"] == {"Fn::GetAtt": [name, "Arn"]}
    assert key["EnableKeyRotation"] is True
    resource = database.content["Resources"][name]
    assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == ("Retain", "Retain")


def test_another_database_is_encrypted_by_the_key_that_costs_nothing(assemblies: Stacks) -> None:
    database = assemblies["dev"]["database"]
    [cluster] = database.of_type("AWS::RDS::DBCluster").values()

    assert cluster["StorageEncrypted"] is True
    assert "KmsKeyId" not in cluster
    assert database.of_type("AWS::KMS::Key") == {}


@pytest.mark.parametrize("environment", ["dev", "prod"])
def test_every_bucket_queue_and_disk_is_encrypted(assemblies: Stacks, environment: str) -> None:
    stacks = assemblies[environment].values()
    buckets, queues, templates = (
        [resource for stack in stacks for resource in stack.of_type(kind).values()]
        for kind in ("AWS::S3::Bucket", "AWS::SQS::Queue", "AWS::EC2::LaunchTemplate")
    )

    assert len(buckets) == 3
    assert all(bucket["BucketEncryption"] for bucket in buckets)
    assert len(queues) >= 6
    assert all(queue["SqsManagedSseEnabled"] for queue in queues)
    disks = [disk["Ebs"] for made in templates for disk in made["LaunchTemplateData"]["BlockDeviceMappings"]]
    assert all(disk["Encrypted"] for disk in disks)
    assert bool(disks) == (environment == "prod")


def test_no_secret_stands_in_a_template(assemblies: Stacks) -> None:
    """Secrets are made without a value, or by AWS; what functions are told is where they lie."""
    for stacks in assemblies.values():
        for secret in stacks["core"].of_type("AWS::SecretsManager::Secret").values():
            assert "SecretString" not in secret
        for stack in stacks.values():
            for function in stack.of_type("AWS::Lambda::Function").values():
                for name, value in function.get("Environment", {}).get("Variables", {}).items():
                    assert "{{resolve:" not in str(value)
                    if "SECRET" in name or "PASSWORD" in name:
                        assert name.endswith("_SECRET_ID")
