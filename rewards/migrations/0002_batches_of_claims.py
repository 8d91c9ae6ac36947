from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("rewards", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="relayedclaim",
            name="transaction_key",
            field=models.CharField(blank=True, max_length=120),
        ),
    ]
