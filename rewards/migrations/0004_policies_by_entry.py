import django.db.models.deletion
from django.db import migrations, models


def remember(apps, schema_editor):
    epochs = apps.get_model("rewards", "Epoch")
    for row in epochs.objects.all():
        epochs.objects.filter(pk=row.pk).update(rules=row.policy_id)


def move(apps, schema_editor):
    old, new = apps.get_model("rewards", "OldPolicy"), apps.get_model("rewards", "Policy")
    for row in old.objects.order_by("entry"):
        new.objects.create(hash=row.hash, body=row.body, first_epoch=row.first_epoch, entry_id=row.entry_id)
    epochs = apps.get_model("rewards", "Epoch")
    for row in epochs.objects.all():
        epochs.objects.filter(pk=row.pk).update(policy=new.objects.get(hash=row.rules))


class Migration(migrations.Migration):
    """A policy is one entry, and no longer one hash: the same numbers may be announced again."""

    dependencies = [
        ("ledger", "0001_initial"),
        ("rewards", "0003_obstacles"),
    ]

    operations = [
        migrations.AddField("Epoch", "rules", models.CharField(max_length=64, default="")),
        migrations.RunPython(remember, migrations.RunPython.noop),
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE", migrations.RunSQL.noop),
        migrations.RemoveField("Epoch", "policy"),
        migrations.RenameModel("Policy", "OldPolicy"),
        migrations.CreateModel(
            name="Policy",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("hash", models.CharField(max_length=64)),
                ("body", models.BinaryField()),
                ("first_epoch", models.BigIntegerField()),
                (
                    "entry",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="ledger.entry"
                    ),
                ),
            ],
        ),
        migrations.AddField(
            "Epoch",
            "policy",
            models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="epochs", to="rewards.policy"
            ),
        ),
        migrations.RunPython(move, migrations.RunPython.noop),
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE", migrations.RunSQL.noop),
        migrations.AlterField(
            "Epoch",
            "policy",
            models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="epochs", to="rewards.policy"),
        ),
        migrations.RemoveField("Epoch", "rules"),
        migrations.DeleteModel("OldPolicy"),
    ]
