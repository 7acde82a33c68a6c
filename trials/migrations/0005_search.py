import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
from django.contrib.postgres.operations import TrigramExtension
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('trials', '0004_doubled_indexes'),
    ]

    operations = [
        TrigramExtension(),
        migrations.AddIndex(
            model_name='conditionname',
            index=models.Index(django.contrib.postgres.indexes.OpClass('key', name='varchar_pattern_ops'), name='condition_name_key'),
        ),
        migrations.CreateModel(
            name='Region',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('country', models.CharField(max_length=60)),
                ('state', models.CharField(blank=True, help_text='Empty for the country itself.', max_length=120)),
                ('slug', models.CharField(db_index=True, help_text='As in an address: canada or canada/ontario.', max_length=200)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('country', 'state'), name='region_once')],
            },
        ),
        migrations.CreateModel(
            name='SitePoint',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('latitude', models.FloatField()),
                ('longitude', models.FloatField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('latitude', 'longitude'), name='site_point_once')],
            },
        ),
        migrations.CreateModel(
            name='SearchWord',
            fields=[
                ('word', models.CharField(max_length=40, primary_key=True, serialize=False)),
                ('uses', models.PositiveIntegerField(default=0, help_text='About how many trials have it.')),
            ],
            options={
                'indexes': [django.contrib.postgres.indexes.GinIndex(django.contrib.postgres.indexes.OpClass('word', name='gin_trgm_ops'), name='searchword_alike')],
            },
        ),
        migrations.CreateModel(
            name='TrialSearch',
            fields=[
                ('trial', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='search', serialize=False, to='trials.trial')),
                ('rank', models.IntegerField(help_text="Open ones first, then the registry's last update, in days.")),
                ('posted', models.IntegerField(help_text='First posted, in days since 1970.')),
                ('facets', models.IntegerField(help_text='Status, phases, type and flags in one number: see trials/search/facets.py.')),
                ('minimum_age', models.IntegerField(help_text='In days; 0 without a limit.')),
                ('maximum_age', models.IntegerField(help_text='In days; NO_LIMIT without a limit.')),
                ('regions', django.contrib.postgres.fields.ArrayField(base_field=models.IntegerField(), help_text='Countries and states of the sites.', size=None)),
                ('terms', django.contrib.postgres.fields.ArrayField(base_field=models.IntegerField(), size=None)),
            ],
            options={
                'verbose_name_plural': 'search rows',
            },
        ),
        migrations.AddIndex(
            model_name='trialsearch',
            index=django.contrib.postgres.indexes.GinIndex(fields=['terms'], name='trialsearch_terms'),
        ),
        migrations.AddIndex(
            model_name='trialsearch',
            index=models.Index(fields=['-rank', '-trial'], name='trialsearch_rank'),
        ),
        migrations.AddIndex(
            model_name='trialsearch',
            index=models.Index(fields=['-posted', '-trial'], name='trialsearch_posted'),
        ),
    ]
