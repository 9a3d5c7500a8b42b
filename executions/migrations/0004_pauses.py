import datetime

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("executions", "0003_sweep_indexes"),
    ]

    operations = [
        migrations.AddField(
            model_name="graphexecution",
            name="paused_for",
            field=models.DurationField(
                default=datetime.timedelta,
                help_text="Pauses that are over: PETIOLE_MAX_RUN_SECONDS does not count them",
            ),
        ),
        migrations.AlterField(
            model_name="graphexecution",
            name="retries",
            field=models.PositiveIntegerField(
                default=0,
                help_text="How often it was made runnable again; a run below has the number of the topmost one",
            ),
        ),
    ]
