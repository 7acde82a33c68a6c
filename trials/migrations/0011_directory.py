import django.contrib.postgres.indexes
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('trials', '0010_open_trials_index'),
    ]

    operations = [
        migrations.CreateModel(
            name='DirectoryDue',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('trial', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='trials.trial')),
            ],
            options={
                'verbose_name_plural': 'trials that the directory has not looked at',
            },
        ),
        migrations.CreateModel(
            name='Town',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('country', models.CharField(max_length=60)),
                ('state', models.CharField(blank=True, max_length=120)),
                ('city', models.CharField(blank=True, max_length=200)),
                ('slug', models.CharField(db_collation='C', help_text='united-states/minnesota/rochester', max_length=300)),
                ('site_count', models.PositiveIntegerField(default=0, editable=False)),
                ('open_count', models.PositiveIntegerField(default=0, editable=False, help_text='Sites with an open trial.')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('slug',), name='town_slug_once')],
            },
        ),
        migrations.CreateModel(
            name='Site',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=300)),
                ('slug', models.CharField(db_collation='C', max_length=120)),
                ('trial_count', models.PositiveIntegerField(default=0, editable=False)),
                ('open_count', models.PositiveIntegerField(default=0, editable=False)),
                ('is_hidden', models.BooleanField(default=False, help_text='No page: for names that name nothing to look up.')),
                ('key', models.CharField(db_collation='C', max_length=300)),
                ('latitude', models.FloatField(blank=True, help_text='The registry gives the point of the city.', null=True)),
                ('longitude', models.FloatField(blank=True, null=True)),
                ('merged_into', models.ForeignKey(blank=True, help_text='The page that stays; this one redirects there.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='merged', to='trials.site')),
                ('town', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='sites', to='trials.town')),
            ],
        ),
        migrations.CreateModel(
            name='Treatment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=300)),
                ('slug', models.CharField(db_collation='C', max_length=120)),
                ('trial_count', models.PositiveIntegerField(default=0, editable=False)),
                ('open_count', models.PositiveIntegerField(default=0, editable=False)),
                ('is_hidden', models.BooleanField(default=False, help_text='No page: for names that name nothing to look up.')),
                ('key', models.CharField(db_collation='C', max_length=200)),
                ('merged_into', models.ForeignKey(blank=True, help_text='The page that stays; this one redirects there.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='merged', to='trials.treatment')),
            ],
        ),
        migrations.CreateModel(
            name='TrialSite',
            fields=[
                ('pk', models.CompositePrimaryKey('trial_id', 'site_id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('position', models.PositiveSmallIntegerField()),
                ('rank', models.IntegerField()),
                ('status', models.CharField(blank=True, max_length=40)),
                ('site', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='trials.site')),
                ('trial', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='trials.trial')),
            ],
        ),
        migrations.CreateModel(
            name='TrialTreatment',
            fields=[
                ('pk', models.CompositePrimaryKey('trial_id', 'treatment_id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('position', models.PositiveSmallIntegerField()),
                ('rank', models.IntegerField()),
                ('treatment', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='trials.treatment')),
                ('trial', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='trials.trial')),
            ],
        ),
        migrations.AddIndex(
            model_name='site',
            index=models.Index(models.F('town'), models.OrderBy(models.F('open_count'), descending=True), models.OrderBy(models.F('trial_count'), descending=True), models.F('key'), condition=models.Q(('is_hidden', False), ('merged_into', None), ('trial_count__gt', 0)), name='site_in_town'),
        ),
        migrations.AddIndex(
            model_name='site',
            index=models.Index(models.OrderBy(models.F('open_count'), descending=True), models.F('key'), condition=models.Q(('is_hidden', False), ('merged_into', None), ('trial_count__gt', 0), ('open_count__gt', 0)), name='site_commonest'),
        ),
        migrations.AddIndex(
            model_name='site',
            index=django.contrib.postgres.indexes.GinIndex(django.contrib.postgres.indexes.OpClass('key', name='gin_trgm_ops'), name='site_words'),
        ),
        migrations.AddConstraint(
            model_name='site',
            constraint=models.UniqueConstraint(fields=('key',), name='site_key_once'),
        ),
        migrations.AddConstraint(
            model_name='site',
            constraint=models.UniqueConstraint(fields=('slug',), name='site_slug_once'),
        ),
        migrations.AddConstraint(
            model_name='site',
            constraint=models.CheckConstraint(condition=models.Q(('key', ''), _negated=True), name='site_has_key'),
        ),
        migrations.AddConstraint(
            model_name='site',
            constraint=models.CheckConstraint(condition=models.Q(('merged_into', models.F('id')), _negated=True), name='site_not_merged_into_itself'),
        ),
        migrations.AddIndex(
            model_name='treatment',
            index=models.Index(models.OrderBy(models.F('open_count'), descending=True), models.F('key'), condition=models.Q(('is_hidden', False), ('merged_into', None), ('trial_count__gt', 0), ('open_count__gt', 0)), name='treatment_commonest'),
        ),
        migrations.AddIndex(
            model_name='treatment',
            index=django.contrib.postgres.indexes.GinIndex(django.contrib.postgres.indexes.OpClass('key', name='gin_trgm_ops'), name='treatment_words'),
        ),
        migrations.AddConstraint(
            model_name='treatment',
            constraint=models.UniqueConstraint(fields=('key',), name='treatment_key_once'),
        ),
        migrations.AddConstraint(
            model_name='treatment',
            constraint=models.UniqueConstraint(fields=('slug',), name='treatment_slug_once'),
        ),
        migrations.AddConstraint(
            model_name='treatment',
            constraint=models.CheckConstraint(condition=models.Q(('key', ''), _negated=True), name='treatment_has_key'),
        ),
        migrations.AddConstraint(
            model_name='treatment',
            constraint=models.CheckConstraint(condition=models.Q(('merged_into', models.F('id')), _negated=True), name='treatment_not_merged_into_itself'),
        ),
        migrations.AddIndex(
            model_name='trialsite',
            index=models.Index(fields=['site', '-rank', '-trial'], name='trialsite_page'),
        ),
        migrations.AddIndex(
            model_name='trialtreatment',
            index=models.Index(fields=['treatment', '-rank', '-trial'], name='trialtreatment_page'),
        ),
    ]
