import django.contrib.postgres.indexes
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('trials', '0009_commonest_conditions'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='trialsearch',
            index=django.contrib.postgres.indexes.GinIndex(condition=models.Q(('rank__gte', 1048576)), fields=['terms'], name='trialsearch_open_terms'),
        ),
    ]
